"""Energy meters of Windows: finding their device files and asking them, through ``ctypes``.

Source: emi.h of the Windows SDK (GUID_DEVICE_ENERGY_METER) and the CM_Get_Device_Interface_List functions of
cfgmgr32.h. **Never run on Windows**: what is above it is tested on stand-ins for ``EmiDevice``.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any
from uuid import UUID

_ENERGY_METER = UUID("45bd8344-7ed6-49cf-a440-c276c933b053")
_PRESENT = 0
# What ctypes has on Windows only is unknown to a type checker elsewhere.
_windows: Any = ctypes
_READ, _SHARED, _EXISTING = 0x80000000, 0x3, 3


class EmiDevice:
    """One meter: a handle that answers device control codes."""

    def __init__(self, path: str) -> None:
        if os.name != "nt":
            raise OSError("energy meters of this kind exist on Windows only")
        self._kernel = _windows.WinDLL("kernel32", use_last_error=True)
        self._kernel.CreateFileW.restype = ctypes.c_void_p
        handle = self._kernel.CreateFileW(path, _READ, _SHARED, None, _EXISTING, 0, None)
        if handle in (None, ctypes.c_void_p(-1).value):
            raise _windows.WinError(_windows.get_last_error())
        self._handle = ctypes.c_void_p(handle)

    def ask(self, code: int, size: int) -> bytes:
        """The answer to a control code, at most ``size`` bytes; raises OSError."""
        buffer, given = ctypes.create_string_buffer(size), ctypes.c_ulong()
        done = self._kernel.DeviceIoControl(
            self._handle, ctypes.c_ulong(code), None, 0, buffer, size, ctypes.byref(given), None
        )
        if not done:
            raise _windows.WinError(_windows.get_last_error())
        return buffer.raw[: given.value]

    def close(self) -> None:
        """Release the handle."""
        self._kernel.CloseHandle(self._handle)


def open_devices() -> list[EmiDevice]:
    """All meters that are present and may be opened; raises OSError where none may be."""
    if os.name != "nt":
        return []
    manager = _windows.WinDLL("cfgmgr32")
    guid = ctypes.create_string_buffer(_ENERGY_METER.bytes_le, 16)
    length = ctypes.c_ulong()
    if manager.CM_Get_Device_Interface_List_SizeW(ctypes.byref(length), guid, None, _PRESENT) or length.value <= 1:
        return []
    names = ctypes.create_unicode_buffer(length.value)
    if manager.CM_Get_Device_Interface_ListW(guid, None, names, length, _PRESENT):
        return []
    opened, refused = [], None
    for path in filter(None, "".join(names[: length.value]).split("\0")):
        try:
            opened.append(EmiDevice(path))
        except OSError as error:
            refused = error
    if refused is not None and not opened:
        raise refused
    return opened
