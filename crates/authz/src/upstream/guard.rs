//! Which addresses may be called. Whoever registers a client chooses names that we look up: none of them may lead to
//! this machine, to its neighbours or to what a cloud tells its machines (SSRF).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Whether the internet leads to this address, or an operator has named it.
pub(super) fn may_call(address: IpAddr, named: &[IpNet]) -> bool {
    let address = address.to_canonical();
    let is_public = match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    };
    is_public || named.iter().any(|network| network.contains(&address))
}

/// Not one of the IANA's special-purpose addresses (RFC 6890 and its registry).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a >= 240
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b == 18 || b == 19))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99))
}

/// Of the global unicast addresses, without those that stand for an IPv4 address or for nothing.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    (a & 0xe000) == 0x2000
        && a != 0x2002
        && !(a == 0x2001 && (b < 0x200 || b == 0xdb8))
        && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(address: &str, named: &[&str]) -> bool {
        let named: Vec<IpNet> = named.iter().map(|network| network.parse().unwrap()).collect();
        may_call(address.parse().unwrap(), &named)
    }

    /// R109
    #[test]
    fn nothing_but_the_internet_is_called() {
        for address in
            ["1.1.1.1", "93.184.216.34", "192.0.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
        {
            assert!(may(address, &[]), "{address}");
        }
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "198.18.0.1",
            "192.88.99.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(!may(address, &[]), "{address}");
        }
    }

    #[test]
    fn what_an_operator_has_named_is_called_and_its_neighbours_are_not() {
        assert!(may("127.0.0.1", &["127.0.0.1/32"]));
        assert!(may("::ffff:127.0.0.1", &["127.0.0.1/32"]));
        assert!(!may("127.0.0.2", &["127.0.0.1/32"]));
        assert!(!may("10.0.0.1", &["127.0.0.0/8"]));
    }
}
