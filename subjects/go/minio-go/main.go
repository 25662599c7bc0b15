// The MinIO SDK for Go as a session program: one client for the life of the process, with the IAM
// provider of the SDK's documentation. Requests are signed with what GetCreds gives. There is no
// default chain.
package main

import (
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"imdspec/subjects/go/session"
)

func main() {
	// The client is never used for a request, but its HTTP client asks for the credentials.
	client, err := minio.New("s3.amazonaws.com", &minio.Options{Creds: credentials.NewIAM(""), Secure: true})
	if err != nil {
		panic(err)
	}

	session.Run("minio-go", "github.com/minio/minio-go/v7", func() (*session.Credentials, *session.Error) {
		got, err := client.GetCreds()
		if err != nil {
			return nil, session.Failed("error", err)
		}
		credentials := &session.Credentials{
			Version:         1,
			AccessKeyID:     got.AccessKeyID,
			SecretAccessKey: got.SecretAccessKey,
			SessionToken:    got.SessionToken,
		}
		if !got.Expiration.IsZero() {
			credentials.ExpiringAt(got.Expiration)
		}
		return credentials, nil
	})
}
