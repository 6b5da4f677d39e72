//! Kinds of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kind of network that an IP address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The internet.
    Public,
    /// This machine.
    Loopback,
    /// A private network: private, shared (carrier-grade NAT) or unique local addresses.
    Private,
    /// Link-local addresses, and the metadata addresses from which cloud machines read their credentials.
    LinkLocal,
    /// Addresses of no single host: unspecified, multicast, broadcast, documentation, reserved.
    Reserved,
}

impl Zone {
    /// A phrase for messages, such as "a private address".
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Public => "a public address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local or metadata address",
            Self::Reserved => "a reserved address",
        }
    }

    /// The zone of an address. An IPv6 address that embeds an IPv4 address is public only if both are; a mapped address
    /// (`::ffff:127.0.0.1`) is in the zone of the IPv4 address, since the operating system connects to that.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

fn of_v4(address: Ipv4Addr) -> Zone {
    match address.octets() {
        // The metadata services of Alibaba, Oracle and Azure have addresses outside 169.254.0.0/16.
        [169, 254, ..] | [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16] => Zone::LinkLocal,
        [127, ..] => Zone::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Zone::Private,
        [0 | 224..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Zone::Reserved,
        _ => Zone::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Zone {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Zone::Loopback,
        [0, 0, 0, 0, 0, 0xffff, high, low] => of_v4(joined(high, low)),
        _ => embedded(address).map(of_v4).map(unmapped).fold(of_prefix(address), worse),
    }
}

/// The IPv4 addresses that a gateway may read from an IPv6 address: its last 32 bits, or the part that a
/// transition mechanism defines.
fn embedded(address: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    let found = match address.segments() {
        // NAT64 under the prefix for local use, which embeds an address behind 96 or 48 bits (RFC 6052).
        [0x64, 0xff9b, 1, first, middle, last, high, low] => {
            [Some((high, low)), Some((first, (middle << 8) | (last >> 8)))]
        }
        // 6to4, whose interface may be an address of ISATAP.
        [0x2002, high, low, _, 0 | 0x200, 0x5efe, inner_high, inner_low] => {
            [Some((high, low)), Some((inner_high, inner_low))]
        }
        // Teredo: the server, and the inverted address of the client.
        [0x2001, 0, high, low, .., client_high, client_low] => {
            [Some((high, low)), Some((!client_high, !client_low))]
        }
        // Compatible (deprecated), and translated by SIIT; NAT64 under the well-known prefix; 6to4; ISATAP.
        [0, 0, 0, 0, 0 | 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..]
        | [.., 0 | 0x200, 0x5efe, high, low] => [Some((high, low)), None],
        _ => [None, None],
    };
    found.into_iter().flatten().map(|(high, low)| joined(high, low))
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

/// A gateway that connects to an embedded loopback address connects to itself, not to this machine.
fn unmapped(zone: Zone) -> Zone {
    if zone == Zone::Loopback { Zone::Reserved } else { zone }
}

/// The zone that permits less. No permission for a name covers link-local addresses.
fn worse(one: Zone, other: Zone) -> Zone {
    let rank = |zone| match zone {
        Zone::Public => 0,
        Zone::Loopback => 1,
        Zone::Reserved => 2,
        Zone::Private => 3,
        Zone::LinkLocal => 4,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// The zone of an IPv6 address by its prefix alone.
fn of_prefix(address: Ipv6Addr) -> Zone {
    match address.segments() {
        // The metadata services of Amazon and Google have addresses outside fe80::/10.
        [0xfe80..=0xfebf, ..]
        | [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254]
        | [0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254] => Zone::LinkLocal,
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Zone::Private,
        // Assignments of the IETF (Teredo, benchmarks, ORCHID) and documentation.
        [0x2001, 0x0db8 | 0..=0x01ff, ..] | [0x3fff, 0..=0x0fff, ..] => Zone::Reserved,
        // The internet, and NAT64 under the well-known prefix, with which a name server may answer.
        [0x2000..=0x3fff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Zone::Public,
        _ => Zone::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address_is_where_it_leads_to() {
        let check = |zone: Zone, addresses: &str| {
            for text in addresses.split_whitespace() {
                let address: IpAddr = text.parse().expect("an address");
                assert_eq!(Zone::of(address), zone, "{text}");
            }
        };
        check(Zone::Public, "1.1.1.1 100.63.255.255 100.128.0.0 172.32.0.1 192.0.1.1 2606:4700::1111");
        check(Zone::Public, "::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:0808:0808::1 169.253.1.1 198.20.0.1");
        check(Zone::Loopback, "127.0.0.1 127.255.0.3 ::1 ::ffff:127.0.0.1");
        // Only a mapped address leads to this machine; other gateways would connect to themselves.
        check(Zone::Reserved, "::127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: ::ffff:0:127.0.0.1 ::8.8.8.8");
        check(Zone::Reserved, "2001:4860::5efe:127.0.0.1 ::ffff:0:8.8.8.8 2001:0:808:808::f7f7:f7f7");
        check(Zone::Public, "2001:4860::5efe:8.8.8.8 2001:4860::200:5efe:8.8.8.8");
        // A public embedded address makes no other prefix public.
        check(Zone::Private, "fc00::5efe:8.8.8.8 fec0::5efe:8.8.8.8 2001:4860::5efe:10.0.0.1");
        check(Zone::Reserved, "2001:db8::5efe:8.8.8.8 ff02::5efe:8.8.8.8");
        check(Zone::LinkLocal, "fe80::5efe:8.8.8.8 2002:808:808::5efe:169.254.169.254 ::169.254.169.254");
        check(Zone::LinkLocal, "64:ff9b:1::169.254.169.254 64:ff9b:1:a9fe:a9:fe00:: ::ffff:0:169.254.1.1");
        check(Zone::LinkLocal, "2001:0:a9fe:a9fe::1 2001:0:808:808::5601:5601");
        check(Zone::Private, "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.255.255");
        check(Zone::Private, "fc00::1 fdff::1 fec0::1 ::ffff:10.1.1.1 64:ff9b::192.168.0.1 2002:0a00:0001::");
        check(
            Zone::LinkLocal,
            "169.254.169.254 169.254.0.1 fe80::1 febf::1 fd00:ec2::254 ::ffff:169.254.169.254",
        );
        check(
            Zone::LinkLocal,
            "64:ff9b::a9fe:a9fe 2002:a9fe:a9fe:: 100.100.100.200 192.0.0.192 168.63.129.16",
        );
        check(Zone::LinkLocal, "fd20:ce::254");
        check(
            Zone::Reserved,
            "0.0.0.0 0.1.2.3 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 192.0.2.1",
        );
        check(
            Zone::Reserved,
            "198.51.100.7 203.0.113.9 198.18.0.1 192.0.0.8 192.88.99.1 :: ff02::1 2001:db8::1",
        );
        check(Zone::Reserved, "2001::1 3fff::1 100::1 64:ff9b:1::1 4000::1 ::ffff:0.0.0.0");
    }
}
