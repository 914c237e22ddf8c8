"""Carrier gateways: accounts of service providers that send and receive messages there."""

from drivers.gateway.smpp import Delivery, SmppAccount
from drivers.gateway.smpp_pdu import Receipt

__all__ = ["Delivery", "Receipt", "SmppAccount"]
