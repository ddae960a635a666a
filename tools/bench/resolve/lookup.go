// Looks names up by Go's own resolver and prints how many a second: `lookup concurrency milliseconds first`, where first is
// the number of the first name.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func number(i int) int {
	n, err := strconv.Atoi(os.Args[i])
	if err != nil {
		panic(err)
	}
	return n
}

func main() {
	concurrency, limit := number(1), time.Duration(number(2))*time.Millisecond
	name := int64(number(3))
	resolver := &net.Resolver{PreferGo: true}
	var done int64
	var group sync.WaitGroup
	start := time.Now()
	for i := 0; i < concurrency; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for time.Since(start) < limit {
				host := fmt.Sprintf("g%d.bench.test", atomic.AddInt64(&name, 1))
				ips, err := resolver.LookupIP(context.Background(), "ip4", host)
				if err != nil || ips[0].String() != "192.0.2.1" {
					panic(fmt.Sprint(ips, err))
				}
				atomic.AddInt64(&done, 1)
			}
		}()
	}
	group.Wait()
	fmt.Println(float64(done) / time.Since(start).Seconds())
}
