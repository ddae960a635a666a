// Looks up what its argument lists, a JSON array of [function, argument...], by Go's own resolver, and prints what came of it.
package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"sort"
	"strings"
)

type outcome struct {
	Result any    `json:"result"`
	Error  string `json:"error,omitempty"`
}

func sorted(list []string) []string {
	sort.Strings(list)
	return list
}

func lookup(call []string) (any, error) {
	switch call[0] {
	case "lookupHost":
		found, err := net.LookupHost(call[1])
		return sorted(found), err
	case "lookupIP4":
		ips, err := net.DefaultResolver.LookupIP(context.Background(), "ip4", call[1])
		return texts(ips), err
	case "lookupIP6":
		ips, err := net.DefaultResolver.LookupIP(context.Background(), "ip6", call[1])
		return texts(ips), err
	case "lookupCNAME":
		return net.LookupCNAME(call[1])
	case "lookupMX":
		var list []string
		found, err := net.LookupMX(call[1])
		for _, mx := range found {
			list = append(list, mx.Host)
		}
		return list, err
	case "lookupNS":
		var list []string
		found, err := net.LookupNS(call[1])
		for _, ns := range found {
			list = append(list, ns.Host)
		}
		return sorted(list), err
	case "lookupTXT":
		found, err := net.LookupTXT(call[1])
		return sorted(found), err
	case "lookupAddr":
		found, err := net.LookupAddr(call[1])
		return sorted(found), err
	case "lookupSRV":
		var list []string
		cname, found, err := net.LookupSRV(call[1], call[2], call[3])
		for _, srv := range found {
			list = append(list, srv.Target)
		}
		return append(list, cname), err
	}
	panic("no such lookup: " + strings.Join(call, " "))
}

func texts(ips []net.IP) []string {
	var list []string
	for _, ip := range ips {
		list = append(list, ip.String())
	}
	return sorted(list)
}

func main() {
	var calls [][]string
	if err := json.Unmarshal([]byte(os.Args[1]), &calls); err != nil {
		panic(err)
	}
	outcomes := []outcome{}
	for _, call := range calls {
		result, err := lookup(call)
		if err != nil {
			outcomes = append(outcomes, outcome{nil, err.Error()})
		} else {
			outcomes = append(outcomes, outcome{result, ""})
		}
	}
	json.NewEncoder(os.Stdout).Encode(outcomes)
}
