// The AWS SDK for Go, version 1, as a session program: the default chain, one for the life of the
// process, with the settings of a Session.
package main

import (
	"errors"

	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go/aws/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go/aws/defaults"
	"github.com/aws/aws-sdk-go/aws/session"

	protocol "imdspec/subjects/go/session"
)

func main() {
	chain, remote, broken := defaultChain()

	protocol.Run("aws-sdk-go", "github.com/aws/aws-sdk-go", func() (*protocol.Credentials, *protocol.Error) {
		if broken != nil {
			return nil, protocol.Failed("error", broken)
		}
		got, err := chain.Get()
		if err != nil {
			return nil, failed(err)
		}
		answer := &protocol.Credentials{
			Version:         1,
			AccessKeyID:     got.AccessKeyID,
			SecretAccessKey: got.SecretAccessKey,
			SessionToken:    got.SessionToken,
		}
		switch got.ProviderName {
		case ec2rolecreds.ProviderName, endpointcreds.ProviderName:
			// Five minutes before the end: it takes its window off.
			answer.ExpiringAt(remote.ExpiresAt())
		}
		return answer, nil
	})
}

// The chain and its last provider. A Session has the same chain in its configuration, but a chain does
// not say when its credentials end, so the provider that knows is kept beside it.
func defaultChain() (*credentials.Credentials, credentials.Expirer, error) {
	sess, err := session.NewSession()
	if err != nil {
		return nil, nil, err
	}
	providers := defaults.CredProviders(sess.Config, sess.Handlers)
	remote := providers[len(providers)-1].(credentials.Expirer)
	return credentials.NewChainCredentials(providers), remote, nil
}

// The chain gives one error for whatever went wrong in any of its sources.
func failed(err error) *protocol.Error {
	var coded awserr.Error
	if errors.As(err, &coded) && coded.Code() == "NoCredentialProviders" {
		return protocol.Failed("none", err)
	}
	return protocol.Failed("error", err)
}
