// Package session speaks the session protocol of imdspec: a hello, then an answer for every question.
// It hides nothing: an error that a library returns is answered as one, and a panic ends the process,
// as it would end the application.
package session

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Credentials as in the output of credential_process.
type Credentials struct {
	Version         int
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string `json:",omitempty"`
	Expiration      string `json:",omitempty"`
	AccountID       string `json:"AccountId,omitempty"`
}

// ExpiringAt sets when they end. It takes any time: encoding/json would refuse years that
// RFC 3339 has no room for, and that is the library's to answer for.
func (c *Credentials) ExpiringAt(end time.Time) {
	c.Expiration = end.UTC().Format(time.RFC3339Nano)
}

// Error is how a program says that it got no credentials.
type Error struct {
	// Kind is "none" where a chain would go on, else "error".
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// Resolve asks the library's provider, as an application does when it signs. It is called concurrently.
type Resolve func() (*Credentials, *Error)

type question struct {
	ID uint64 `json:"id"`
	Op string `json:"op"`
}

type answer struct {
	ID          uint64       `json:"id"`
	Credentials *Credentials `json:"credentials,omitempty"`
	Error       *Error       `json:"error,omitempty"`
	Unsupported bool         `json:"unsupported,omitempty"`
}

type hello struct {
	Imdspec     int    `json:"imdspec"`
	Name        string `json:"name"`
	Version     string `json:"version,omitempty"`
	Concurrency int    `json:"concurrency"`
}

// Failed is err as an answer.
func Failed(kind string, err error) *Error {
	return &Error{Kind: kind, Message: err.Error()}
}

// Run answers questions until there are no more. name is the subject's, module the library's path.
func Run(name, module string, resolve Resolve) {
	say(hello{Imdspec: 1, Name: name, Version: version(module), Concurrency: 8})

	var outstanding sync.WaitGroup
	questions := bufio.NewScanner(os.Stdin)
	for questions.Scan() {
		var q question
		if err := json.Unmarshal(questions.Bytes(), &q); err != nil {
			panic(fmt.Sprintf("not a question: %v", err))
		}
		if q.Op != "resolve" {
			say(answer{ID: q.ID, Unsupported: true})
			continue
		}
		outstanding.Go(func() {
			credentials, failed := resolve()
			say(answer{ID: q.ID, Credentials: credentials, Error: failed})
		})
	}

	// Questions that came with the end of the input are still answered, if that is quick: the
	// protocol gives a program two seconds to end.
	answered := make(chan struct{})
	go func() {
		outstanding.Wait()
		close(answered)
	}()
	select {
	case <-answered:
	case <-time.After(time.Second):
	}
}

var stdout sync.Mutex

func say(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	stdout.Lock()
	defer stdout.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

// version is that of the module this program was built with.
func version(module string) string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range build.Deps {
			if dependency.Path == module {
				return strings.TrimPrefix(dependency.Version, "v")
			}
		}
	}
	return ""
}
