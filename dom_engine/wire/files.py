"""Requests as files: ``request.json`` as grpcurl and its like take it, ``request.binpb`` as it goes over the wire."""

from __future__ import annotations

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from dom_engine.errors import InputError
from dom_engine.scenario.raw import RawScenario
from dom_engine.v1.optimizer_pb2 import OptimizeRequest
from dom_engine.wire.scenarios import raw_scenario, scenario_message

JSON, BINARY = ".json", ".binpb"
REQUEST_SUFFIXES = (JSON, BINARY)


def request_file(raw: RawScenario, suffix: str) -> bytes:
    """An ``OptimizeRequest`` for a scenario, its changes applied, as a file of that suffix.

    Raises
    ------
    InputError
        With the faults found in reading the scenario's cells, columns, tables and settings.
    """
    request = OptimizeRequest(scenario=scenario_message(raw))
    if suffix == BINARY:
        return request.SerializeToString(deterministic=True)
    text = json_format.MessageToJson(request, preserving_proto_field_name=True, ensure_ascii=False)
    return (text + "\n").encode()


def request_scenario(content: bytes, suffix: str, file: str) -> RawScenario:
    """The scenario of a request file.

    Parameters
    ----------
    file
        The name under which a file that is no request is reported.

    Raises
    ------
    InputError
        When it is no ``OptimizeRequest``.
    """
    try:
        if suffix == BINARY:
            return raw_scenario(OptimizeRequest.FromString(content).scenario)
        return raw_scenario(json_format.Parse(content.decode(), OptimizeRequest()).scenario)
    except (DecodeError, UnicodeDecodeError):
        raise InputError.single(file, "is no serialised OptimizeRequest", code="MALFORMED") from None
    except json_format.ParseError as error:
        message = f"is no OptimizeRequest in JSON: {str(error).splitlines()[0]}"
        raise InputError.single(file, message, code="MALFORMED") from None
