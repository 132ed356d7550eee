package faultproxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Options of a proxy.
type Options struct {
	Seed uint64
	// Latency is added to each request, and up to Jitter more.
	Latency, Jitter time.Duration
	// Hang bounds silence; a minute if zero. After it the connection is reset.
	Hang time.Duration
	Plan Plan
}

// Proxy is a running proxy. Its methods are safe for concurrent use.
type Proxy struct {
	options Options
	target  *url.URL
	address string
	server  *http.Server
	forward *http.Transport
	served  chan error
	active  sync.WaitGroup // requests under way

	mu       sync.Mutex // guards what follows
	plan     Plan
	random   *rand.Rand
	counts   map[Fault]int64
	requests int64
}

// Start starts a proxy in front of the server at the URL target, http://host:port.
func Start(target string, o Options) (*Proxy, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the target: %w", err)
	}
	if err := o.Plan.validate(); err != nil {
		return nil, err
	}
	if o.Hang == 0 {
		o.Hang = time.Minute
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		options: o, target: u, address: l.Addr().String(), plan: o.Plan, counts: map[Fault]int64{}, served: make(chan error, 1),
		random: rand.New(rand.NewPCG(o.Seed, 0x5eed)), //nolint:gosec // not for secrets
		// Compression and retries of its own would change what passes.
		forward: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go func() { p.served <- p.server.Serve(l) }()
	return p, nil
}

// Close stops the proxy, and with it every request under way.
func (p *Proxy) Close() error {
	err := p.server.Close()
	p.active.Wait()
	p.forward.CloseIdleConnections()
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// URL returns the proxy's base URL.
func (p *Proxy) URL() string { return "http://" + p.address }

// Set has requests from now on follow another plan.
func (p *Proxy) Set(plan Plan) error {
	if err := plan.validate(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = plan
	return nil
}

// Counts returns how often each fault befell a request, and how many requests there were.
func (p *Proxy) Counts() (faults map[Fault]int64, requests int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.counts), p.requests
}

// decide settles what befalls a request.
func (p *Proxy) decide(r *http.Request) (fault Fault, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	// Two numbers for each request, used or not: so the sequence doesn't depend on the plan.
	number, share := p.random.Float64(), p.random.Float64()
	if p.plan.Decide != nil {
		fault = p.plan.Decide(r)
	} else {
		fault = p.plan.draw(number)
	}
	if fault != None {
		p.counts[fault]++
	}
	return fault, p.options.Latency + time.Duration(share*float64(p.options.Jitter))
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.active.Add(1)
	defer p.active.Done()
	fault, delay := p.decide(r)
	pause(r.Context(), delay)
	if _, ok := answers[fault]; ok {
		refuse(w, r, fault)
		return
	}
	switch fault {
	case Hang:
		p.hang(w, r)
		return
	case ResetRequest:
		if r.ContentLength <= 0 {
			reset(w) // nothing to cut in two
			return
		}
		r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, r.ContentLength/2), broken{}))
	}
	answer, err := p.pass(r)
	if err != nil {
		reset(w) // as a dead server would
		return
	}
	defer func() { _ = answer.Body.Close() }()
	switch fault {
	case ResetAnswer:
		half(w, answer)
	case LostAnswer:
		_, _ = io.Copy(io.Discard, answer.Body) // so that the server has done all of it
		reset(w)
	case HangAnswer:
		_, _ = io.Copy(io.Discard, answer.Body)
		p.hang(w, r)
	default:
		relay(w, answer)
	}
}

// pass sends a request on, with the Host header and the spelling of the path that its signature covers.
func (p *Proxy) pass(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = p.target.Scheme, p.target.Host, ""
	if _, named := out.Header["User-Agent"]; !named {
		out.Header["User-Agent"] = nil // or the transport would name itself
	}
	return p.forward.RoundTrip(out)
}

func relay(w http.ResponseWriter, answer *http.Response) {
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		reset(w) // half an answer must not look like a whole one
	}
}

// refuse answers in the server's place.
func refuse(w http.ResponseWriter, r *http.Request, fault Fault) {
	a := answers[fault]
	_, _ = io.Copy(io.Discard, r.Body) // the client would take an early answer for a broken connection
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message><RequestId>faultproxy</RequestId></Error>`, a.code, a.message)
	}
}

// hang says nothing until the client gives up.
func (p *Proxy) hang(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // with it unread, the server could not see the client go
	pause(r.Context(), p.options.Hang)
	reset(w)
}

// half sends the first half of an answer's bytes, headers included.
func half(w http.ResponseWriter, answer *http.Response) {
	var text bytes.Buffer
	if err := answer.Write(&text); err != nil {
		reset(w)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = conn.Write(text.Bytes()[:text.Len()/2])
	cut(conn)
}

// reset ends the connection with RST. What was not sent by then is never sent.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's way to have a connection closed without an answer
	}
	cut(conn)
}

func cut(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// broken is a body that ends in the midst.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
