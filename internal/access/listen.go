package access

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// ErrExposed means that a server would be seen beyond loopback without what that needs.
var ErrExposed = errors.New("beyond loopback a server needs both TLS and a file of tokens")

// Listen opens addr. It refuses an address beyond loopback unless there are a certificate and users. Without a certificate
// (both names empty) it speaks plain HTTP.
func Listen(ctx context.Context, addr, certFile, keyFile string, users *Users) (net.Listener, error) {
	secured := certFile != "" && keyFile != ""
	if (certFile == "") != (keyFile == "") {
		return nil, errors.New("a certificate needs its key, and a key its certificate")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("couldn't listen on %s: %w", addr, err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		if !secured || users == nil {
			return nil, errors.Join(fmt.Errorf("refused to listen on %s: %w", addr, ErrExposed), listener.Close())
		}
	}
	if !secured {
		return listener, nil
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("couldn't read the certificate: %w", err), listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}), nil
}
