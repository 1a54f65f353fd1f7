package pki

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// shownBy makes a connection and returns the number of the certificate it meets.
func shownBy(t *testing.T, a *Authority, config *tls.Config) string {
	t.Helper()
	synctest.Wait() // for whoever wakes at this moment
	near, far := net.Pipe()
	server := tls.Server(far, config)
	defer func() { _, _ = near.Close(), far.Close() }()
	done := make(chan error, 1)
	go func() { done <- server.Handshake() }()
	trust, err := AgentTLS(a.Fingerprint(), a.DER())
	if err != nil {
		t.Fatal(err)
	}
	client := tls.Client(near, trust)
	if err := client.Handshake(); err != nil {
		t.Fatalf("after %s: %v", time.Now(), err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return client.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// A server that runs for years always shows a certificate that is good, and
// another one after two thirds of its life.
func TestServerCertificateIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		a, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		k, err := a.KeepServer([]string{"localhost"})
		if err != nil {
			t.Fatal(err)
		}
		config := a.AgentsTLS(k.Certificate)
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		renewed, failed := 0, 0
		go func() {
			ended <- k.Run(ctx, func(_ time.Time, err error) {
				if err == nil {
					renewed++
				} else {
					failed++
				}
			})
		}()
		first := shownBy(t, a, config)
		time.Sleep(serverLife*2/3 - 2*24*time.Hour)
		if got := shownBy(t, a, config); got != first {
			t.Error("another certificate is shown before two thirds of the first one's life")
		}
		// For a week it cannot be renewed.
		if err := os.Rename(dir, dir+"-away"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(9 * 24 * time.Hour)
		if got := shownBy(t, a, config); got != first || renewed != 0 || failed < 10 {
			t.Errorf("%d renewals and %d failures while the keys were away; want none and one every %s", renewed, failed, lookEvery)
		}
		if err := os.Rename(dir+"-away", dir); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookEvery + time.Hour)
		second := shownBy(t, a, config)
		if second == first || renewed != 1 {
			t.Errorf("after two thirds of its life the certificate was renewed %d times; want once", renewed)
		}
		again, err := a.KeepServer([]string{"localhost"})
		if err != nil {
			t.Fatal(err)
		}
		if got := shownBy(t, a, a.AgentsTLS(again.Certificate)); got != second {
			t.Error("after a restart another certificate is shown")
		}
		time.Sleep(3 * serverLife)
		shownBy(t, a, config)
		stop()
		if err := <-ended; err != nil || renewed < 4 || renewed > 6 {
			t.Errorf("%d renewals in four lives, %v; want about one in two thirds of a life", renewed, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "server.pem")); err != nil {
			t.Error(err)
		}
	})
}
