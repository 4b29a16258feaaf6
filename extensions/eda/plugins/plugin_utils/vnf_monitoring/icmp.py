# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Echo requests to all targets, over one socket for each version of IP (RFC 792, RFC 4443)."""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# Of Linux; Python has no names for them.
_SOL_RAW, _ICMP_FILTER = 255, 1
_ICMPV6_FILTER = 1
_RCVBUFFORCE = 33
_BUFFER = 8 * 1024 * 1024
_HEADER = struct.Struct("!BBHHH")
# A value nobody else knows, and the number of the probe.
_PAYLOAD = struct.Struct("!8sQ")
_LENGTH = _HEADER.size + _PAYLOAD.size
_MOST_AT_ONCE = 512
# The worker's own troubles: the probe has not been sent, and says nothing.
_OWN = {errno.ENOBUFS, errno.EAGAIN, errno.ENOMEM, errno.EPERM, errno.EACCES}
# To one address among many this is its own trouble, to all of them the guard sees it.
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ECONNREFUSED}


class CannotPing(Exception):
    """The system gives neither a datagram socket for ICMP nor a raw one."""


class NotSent(Exception):
    """This worker could not send."""


class Unreachable(Exception):
    """There is no way to the address."""


class _Kind(NamedTuple):
    family: socket.AddressFamily
    protocol: int
    request: int
    reply: int


_KINDS = {
    4: _Kind(socket.AF_INET, socket.IPPROTO_ICMP, 8, 0),
    6: _Kind(socket.AF_INET6, socket.IPPROTO_ICMPV6, 128, 129),
}


class Echo:
    """One socket: sends echo requests, and tells which of them were answered.

    A reply counts when its type, identifier, sequence and secret payload are those of the request, and it comes from where that
    was sent to.

    :ivar is_raw: whether it is a raw socket, which needs the capability CAP_NET_RAW.
    """

    def __init__(self, version: int, answered: Callable[[int, str], None], *, raw: bool | None = None) -> None:
        """Open the socket.

        :param answered: hears of the number and the address of each probe that was answered.
        :param raw: which kind of socket; None for a datagram socket where the system gives one, or else a raw one.
        :raises CannotPing: when there is none to be had.
        """
        self._kind = _KINDS[version]
        self._answered = answered
        self._secret = os.urandom(8)
        self._identifier = int.from_bytes(os.urandom(2), "big")
        self._view = memoryview(bytearray(2048))
        self.is_raw = False
        self.socket = self._open(raw)
        self.socket.setblocking(False)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
        except OSError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)

    def _open(self, raw: bool | None) -> socket.socket:
        family, protocol = self._kind.family, self._kind.protocol
        failure: OSError | None = None
        if not raw:
            try:
                return socket.socket(family, socket.SOCK_DGRAM, protocol)
            except OSError as exc:
                failure = exc
        if raw is not False:
            try:
                opened = socket.socket(family, socket.SOCK_RAW, protocol)
            except OSError as exc:
                failure = exc
            else:
                self.is_raw = True
                self._filter(opened)
                return opened
        raise CannotPing(
            f"there is no socket for ping ({failure}). Next: sysctl net.ipv4.ping_group_range='0 2147483647', "
            "or give the process CAP_NET_RAW"
        )

    def _filter(self, opened: socket.socket) -> None:
        """Have the kernel keep away all that is no reply; a bit that is set keeps a type away."""
        if self._kind.family is socket.AF_INET:
            opened.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", 0xFFFFFFFF & ~(1 << self._kind.reply)))
        else:
            words = [0xFFFFFFFF] * 8
            words[self._kind.reply >> 5] &= ~(1 << (self._kind.reply & 31))
            opened.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, struct.pack("=8I", *words))

    def send(self, address: str, number: int) -> None:
        """Send one echo request; NotSent when this worker cannot, Unreachable when there is no way."""
        sequence = number & 0xFFFF
        payload = _PAYLOAD.pack(self._secret, number)
        checksum = 0
        if self._kind.family is socket.AF_INET:
            # For a datagram socket the kernel takes its own identifier and sums up anew, for IPv6 it always sums up.
            words = struct.unpack("!8H", payload)
            checksum = (self._kind.request << 8) + self._identifier + sequence + sum(words)
            checksum = (checksum & 0xFFFF) + (checksum >> 16)
            checksum = 0xFFFF & ~((checksum & 0xFFFF) + (checksum >> 16))
        header = _HEADER.pack(self._kind.request, 0, checksum, self._identifier, sequence)
        try:
            self.socket.sendto(header + payload, (address, 0))
        except OSError as exc:
            if exc.errno in _UNREACHABLE:
                raise Unreachable(os.strerror(exc.errno or 0)) from None
            if exc.errno in _OWN:
                raise NotSent(os.strerror(exc.errno or 0)) from None
            raise Unreachable(str(exc)) from None

    def receive(self) -> int:
        """Take in what has come, without waiting; return how much that was."""
        view, receive = self._view, self.socket.recvfrom_into
        count = 0
        while count < _MOST_AT_ONCE:
            try:
                size, sender = receive(view)
            except BlockingIOError:
                break
            except OSError:
                # An error that a router has reported for one of the many.
                count += 1
                continue
            count += 1
            start = (view[0] & 0x0F) * 4 if self.is_raw and self._kind.family is socket.AF_INET else 0
            if size - start != _LENGTH:
                continue
            kind, _code, _checksum, identifier, sequence = _HEADER.unpack_from(view, start)
            secret, number = _PAYLOAD.unpack_from(view, start + _HEADER.size)
            if kind != self._kind.reply or secret != self._secret or sequence != number & 0xFFFF:
                continue
            if self.is_raw and identifier != self._identifier:
                continue
            self._answered(number, sender[0])
        return count

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
