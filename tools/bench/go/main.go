// The roles of the benchmarks (see ../side.mjs) over Go's net.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const message = 64 // bytes

type answer map[string]interface{}

// part is what a role gives: what the driver is to know at first, and how a command is carried out.
type part struct {
	ready   answer
	command func(number float64) answer
}

var roles = map[string]func(args []string) part{
	"echo": echo, "accept": accept, "write": write, "dial": dial,
	"lookup": lookup, "count": count, "send": send, "parse": parse,
}

var loopback = net.IPv4(127, 0, 0, 1)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	must(err)
	return n
}

func since(start time.Time) float64 { return float64(time.Since(start)) / 1e6 }

func listenUDP() *net.UDPConn {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: loopback})
	must(err)
	return c
}

func echoDatagrams() part {
	c := listenUDP()
	go func() {
		p := make([]byte, message)
		for {
			n, from, err := c.ReadFromUDPAddrPort(p)
			must(err)
			c.WriteToUDPAddrPort(p[:n], from)
		}
	}()
	return part{ready: answer{"port": c.LocalAddr().(*net.UDPAddr).Port}}
}

func echoStream(c net.Conn) {
	defer c.Close()
	p := make([]byte, message*16)
	for {
		n, err := c.Read(p)
		if err != nil {
			return
		}
		if _, err = c.Write(p[:n]); err != nil {
			return
		}
	}
}

func serve(network, address string, each func(net.Conn)) part {
	l, err := net.Listen(network, address)
	must(err)
	go func() {
		for {
			c, err := l.Accept()
			must(err)
			each(c)
		}
	}()
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		return part{ready: answer{"port": tcp.Port}}
	}
	return part{}
}

func echo(args []string) part {
	switch args[0] {
	case "udp":
		return echoDatagrams()
	case "unix":
		return serve("unix", args[1], func(c net.Conn) { go echoStream(c) })
	}
	return serve("tcp4", "127.0.0.1:0", func(c net.Conn) { go echoStream(c) })
}

func accept([]string) part {
	return serve("tcp4", "127.0.0.1:0", func(c net.Conn) { c.Close() })
}

func write(args []string) part {
	p := make([]byte, number(args[1]))
	return part{command: func(bytes float64) answer {
		start := time.Now()
		c, err := net.Dial("tcp4", "127.0.0.1:"+args[0])
		must(err)
		for left := int(bytes); left > 0; left -= len(p) {
			_, err = c.Write(p)
			must(err)
		}
		must(c.(*net.TCPConn).CloseWrite())
		c.Read(p)
		c.Close()
		return answer{"ms": since(start)}
	}}
}

// repeat does it as often as commanded, so many at once.
func repeat(atOnce int, once func()) part {
	return part{command: func(count float64) answer {
		start, left := time.Now(), int64(count)
		var group sync.WaitGroup
		for i := 0; i < atOnce; i++ {
			group.Add(1)
			go func() {
				defer group.Done()
				for atomic.AddInt64(&left, -1) >= 0 {
					once()
				}
			}()
		}
		group.Wait()
		return answer{"ms": since(start)}
	}}
}

func dial(args []string) part {
	return repeat(number(args[1]), func() {
		c, err := net.Dial("tcp4", "127.0.0.1:"+args[0])
		must(err)
		c.Close()
	})
}

func lookup(args []string) part {
	var names int64
	resolver := &net.Resolver{PreferGo: true}
	return repeat(number(args[0]), func() {
		host := fmt.Sprintf("g%d.bench.test", atomic.AddInt64(&names, 1))
		_, err := resolver.LookupIP(context.Background(), "ip4", host)
		must(err)
	})
}

func count([]string) part {
	c := listenUDP()
	c.SetReadBuffer(4 << 20)
	var received int64
	go func() {
		p := make([]byte, message)
		for {
			_, _, err := c.ReadFromUDPAddrPort(p)
			must(err)
			atomic.AddInt64(&received, 1)
		}
	}()
	ready := answer{"port": c.LocalAddr().(*net.UDPAddr).Port}
	return part{ready, func(float64) answer { return answer{"received": atomic.LoadInt64(&received)} }}
}

func send(args []string) part {
	if args[1] != "each" {
		os.Exit(2)
	}
	c, err := net.Dial("udp4", "127.0.0.1:"+args[0])
	must(err)
	p := make([]byte, message)
	return part{command: func(ms float64) answer {
		start, sent := time.Now(), 0
		for since(start) < ms {
			for i := 0; i < 64; i++ {
				if _, err := c.Write(p); err == nil {
					sent++
				}
			}
		}
		return answer{"sent": sent, "ms": since(start)}
	}}
}

func parse(args []string) part {
	text, err := os.ReadFile(args[0])
	must(err)
	addresses := strings.Fields(string(text))
	return part{command: func(times float64) answer {
		start, hits := time.Now(), 0
		for i := 0; i < int(times); i++ {
			for _, address := range addresses {
				if net.ParseIP(address) != nil {
					hits++
				}
			}
		}
		return answer{"ns": since(start) * 1e6 / float64(hits)}
	}}
}

func main() {
	role, ok := roles[os.Args[1]]
	if !ok {
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	said := role(os.Args[2:])
	if said.ready == nil {
		said.ready = answer{}
	}
	must(out.Encode(said.ready))
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		n, err := strconv.ParseFloat(in.Text(), 64)
		must(err)
		must(out.Encode(said.command(n)))
	}
}
