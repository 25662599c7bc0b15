// The AWS SDK for Go, version 2, as a session program: one default configuration for the life of the
// process, whose Credentials every request is signed with.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/config"

	"imdspec/subjects/go/session"
)

func main() {
	ctx := context.Background()
	// What is wrong with the settings shows here, once; an application would have nothing to sign with.
	cfg, broken := config.LoadDefaultConfig(ctx)

	session.Run("aws-sdk-go-v2", "github.com/aws/aws-sdk-go-v2", func() (*session.Credentials, *session.Error) {
		if broken != nil {
			return nil, session.Failed("error", broken)
		}
		got, err := cfg.Credentials.Retrieve(ctx)
		if err != nil {
			return nil, session.Failed("error", err)
		}
		credentials := &session.Credentials{
			Version:         1,
			AccessKeyID:     got.AccessKeyID,
			SecretAccessKey: got.SecretAccessKey,
			SessionToken:    got.SessionToken,
			AccountID:       got.AccountID,
		}
		if got.CanExpire {
			credentials.ExpiringAt(got.Expires)
		}
		return credentials, nil
	})
}
