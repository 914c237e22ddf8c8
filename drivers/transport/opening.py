"""Opening byte links, and saying why one does not open."""

import array
import errno
import fcntl
import termios
from contextlib import suppress

import serial

from drivers.api import LinkBusy, LinkError, LinkMissing
from drivers.transport.holders import holders
from drivers.transport.links import FAILURES, Link, Rfc2217Link

#: pyserial's timeout of an RFC 2217 port, set once: changing it renegotiates the port with the server.
_RFC2217_TICK_S = 0.1
#: ioctl_tty(2): whether a terminal is in exclusive mode (asm-generic/ioctls.h; not in the termios module)
_TIOCGEXCL = 0x80045440


def open_link(port: str, *, baud: int = 115200) -> Link:
    """Open a serial device, a pseudo-terminal, ``rfc2217://host:port`` or ``socket://host:port``.

    ``baud`` is in bit/s; pseudo-terminals and sockets ignore it. Devices are opened exclusively, with DTR and RTS
    on. Raises :class:`drivers.api.LinkMissing`, :class:`drivers.api.LinkBusy` (naming the holder) or plain
    :class:`drivers.api.LinkError` when the device may not be opened.
    """
    remote = "://" in port
    try:
        handle = serial.serial_for_url(port, do_not_open=True)
        handle.baudrate = baud
        handle.timeout = _RFC2217_TICK_S
        handle.exclusive = None if remote else True
        handle.dtr = True  # some boards reset on a change of DTR: say what it is
        handle.rts = True
        handle.open()
        if not remote:
            _keep_lines_on_close(handle.fileno())
    except (*FAILURES, ValueError) as error:
        raise _opening_error(port, error, remote=remote) from error
    if port.startswith("rfc2217://"):
        return Rfc2217Link(port, handle)
    if not remote and _claimed_exclusively(handle.fileno()):
        handle.close()
        raise _busy(port)
    return Link(port, handle.fileno(), handle)


def _keep_lines_on_close(descriptor: int) -> None:
    """Clear HUPCL (termios(3)): DTR must not drop when the port is closed, because some boards reset on it."""
    with suppress(termios.error):  # no terminal
        attributes = termios.tcgetattr(descriptor)
        attributes[2] &= ~termios.HUPCL
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _opening_error(port: str, error: Exception, *, remote: bool) -> LinkError:
    if remote:
        return LinkMissing(
            "cannot connect.", where=port, cause=f"{error}.", fix="check host, port and the serial server."
        )
    number = getattr(error, "errno", None)
    if number in {errno.EBUSY, errno.EAGAIN}:
        return _busy(port)
    if number in {errno.EACCES, errno.EPERM}:
        return LinkError(
            "may not be opened.", where=port, fix="add this user to the group of the device (dialout)."
        )
    return LinkMissing(
        "no such port.",
        where=port,
        cause=f"{error}.",
        fix="check cable and power, and take the name from /dev/serial/by-id.",
    )


def _busy(port: str) -> LinkBusy:
    names = holders(port)
    fix = "stop it, or take another port."
    if any(name.startswith("ModemManager") for name in names):
        fix = "stop ModemManager, or set ID_MM_DEVICE_IGNORE=1 for this device in a udev rule."
    holder = ", ".join(names) or "a process of another user"
    return LinkBusy(f"held by {holder}.", where=port, fix=fix)


def _claimed_exclusively(descriptor: int) -> bool:
    """Whether somebody set exclusive mode on the terminal: the kernel keeps everybody out but root."""
    answer = array.array("i", [0])
    try:
        fcntl.ioctl(descriptor, _TIOCGEXCL, answer)
    except OSError:  # no terminal, or a kernel that cannot tell
        return False
    return answer[0] != 0
