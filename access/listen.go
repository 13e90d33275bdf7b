package access

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"conquest/dicomini"
)

// Where ports are opened. The keys are ListenAddress, an IP address of this
// machine (all when empty), and TLSOnly, which leaves the plain port to this
// machine. Commands are sent to the server by the loopback, so that is always
// listened on.

// Listen opens the plain port for associations.
func Listen(cfg *dicomini.Config, port int) ([]net.Listener, error) {
	if cfg.Switch("TLSOnly") {
		if cfg.Number("TLSPort") == 0 {
			return nil, errors.New("TLSOnly needs a TLSPort")
		}
		return listen(loopback, port)
	}
	return ListenHere(cfg, port)
}

// ListenHere opens a port on the address of ListenAddress.
func ListenHere(cfg *dicomini.Config, port int) ([]net.Listener, error) {
	address := cfg.Value("ListenAddress")
	if address == "" || address == "*" {
		return listen("", port)
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return nil, fmt.Errorf("ListenAddress %.80q is no IP address", address)
	}
	here, err := listen(address, port)
	if err != nil || ip.IsUnspecified() || address == loopback {
		return here, err
	}
	local, err := listen(loopback, port)
	if err != nil {
		here[0].Close()
		return nil, err
	}
	return append(here, local...), nil
}

const loopback = "127.0.0.1"

func listen(address string, port int) ([]net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	return []net.Listener{l}, nil
}

// ListenHL7 opens HL7Port, for TLS when HL7TLS says so, with the certificates of
// [ServerTLS].
func ListenHL7(cfg *dicomini.Config, port int) ([]net.Listener, error) {
	var config *tls.Config
	if cfg.Switch("HL7TLS") {
		var err error
		if config, err = ServerTLS(cfg); err != nil {
			return nil, fmt.Errorf("HL7TLS: %w", err)
		}
	}
	list, err := ListenHere(cfg, port)
	if config != nil {
		for i := range list {
			list[i] = tls.NewListener(list[i], config)
		}
	}
	return list, err
}
