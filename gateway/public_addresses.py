"""Which network addresses belong to the public Internet, and which to the inside of somebody's network."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0:0/96"))
"""NAT64 and SIIT: the last 32 bits are an IPv4 address that a gateway nearby talks to."""
_RELAYS = (ip_network("192.88.99.0/24"), ip_network("2001::/23"))
"""Anycast and tunnels whose other end nobody knows; Teredo is among them."""


def is_public(address: str) -> bool:
    """Whether an address is one of the public Internet, through every disguise of IPv4 within IPv6.

    Loopback, private, link-local (the metadata services of clouds), multicast, reserved, shared (carrier-grade NAT) and
    unspecified addresses are not, nor is what cannot be read as an address.
    """
    try:
        parsed = ip_address(address.partition("%")[0])  # a zone such as fe80::1%eth0 says nothing about the address
    except ValueError:
        return False
    return _is_public(parsed)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        within = _ipv4_within(address)
        if within is not None:
            return _is_public(within)
        if address.is_site_local:
            return False
    if any(address in network for network in _RELAYS if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _ipv4_within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one reach in the end."""
    if any(address in network for network in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
