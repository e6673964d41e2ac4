"""Which addresses a source may reach, and how patiently: nothing private unless the site says so. Pure.

A name is looked up once for each connection and every address it stands for is checked; the connection then goes to
the address checked, so that a name whose answer changes in between gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final

NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddressError(Exception):
    """A host is not on the public internet."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What reading from a bucket may do: go to private networks, and wait for an answer.

    `samples` is the address of the sample company's services, which may be on this machine; empty where there are none.
    One that `only_looks` tests a connection while a person waits: what takes a question for each of many is tried once.
    """

    allows_private: bool = False
    samples: str = ""
    connect_seconds: int = 10
    read_seconds: int = 60
    attempts: int = 4
    only_looks: bool = False

    def is_sample(self, address: str) -> bool:
        """Return whether an address is one of the sample services: on the same host, at the same port."""
        return bool(self.samples) and address.startswith(f"{self.samples}/")


def public_address(host: str, port: int) -> str:
    """Return an address of the host to connect to.

    :raises PrivateAddressError: one of its addresses is not public.
    :raises OSError: the host is unknown.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not is_public(address):
            raise PrivateAddressError(f"{host} is in a private network or on the server itself.")
    return addresses[0]


def is_public(text: str) -> bool:
    """Return whether an IP address is one of the public internet, whatever it is wrapped in."""
    address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None) or address
