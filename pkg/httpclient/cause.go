package httpclient

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// CauseOf classifies an error of the HTTP client. It recognises system errors by words that Linux, macOS and Windows have
// in common, because this package must not import syscall.
func CauseOf(err error) target.Cause {
	var (
		dns     *net.DNSError
		record  tls.RecordHeaderError
		alert   tls.AlertError
		trust   *tls.CertificateVerificationError
		timeout net.Error
		refused *RefusedError
	)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(err.Error(), word) })
	}
	switch {
	case errors.As(err, &refused):
		return target.LinkLocal
	case errors.As(err, &dns):
		return target.DNS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return target.Timeout
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return target.HTTPExpected
	case has(`malformed HTTP response "\x15\x03`):
		return target.TLSExpected
	case errors.As(err, &trust), errors.As(err, &alert):
		return target.Certificate
	case has("refused"):
		return target.Refused
	case has("no route to host", "unreachable"):
		return target.Unreachable
	case has("connection reset", "forcibly closed", "broken pipe"):
		return target.Reset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), has("server closed"):
		return target.CutOff
	case has("malformed chunked encoding", "chunk length", "header line too long", "too much non-data"):
		return target.BadChunk
	case has("malformed HTTP"):
		return target.NotHTTP
	case has("gzip:", "flate:"):
		return target.Binary
	}
	return target.Unknown
}

// Innermost returns the text of the innermost wrapped error.
func Innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
