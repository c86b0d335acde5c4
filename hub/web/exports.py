"""The list as a file to take away: first what the chosen format leaves out, then the file."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request, stream_with_context

from hub import access, exports
from hub.store.lists import Asked
from hub.web.guard import hub, me

pages = Blueprint("exports", __name__)


def _reader() -> exports.Reader:
    args = request.args
    asked = Asked(args.get("text", "").strip(), args.get("status", ""), args.get("steward", ""))
    return exports.Reader(me().member_id, access.private(me()), asked)


def _format() -> str:
    found = request.args.get("format", "csv")
    return found if found in exports.FORMATS else abort(404)


@pages.get("/export")
def page() -> str:
    reader, found = _reader(), _format()
    told = exports.losses(hub(), reader, found)
    return render_template("export.html", told=told, chosen=found, formats=exports.FORMATS, asked=reader.asked)


@pages.get("/export/file", endpoint="file")
def file() -> Response:
    found = _format()
    kind, name = exports.KINDS[found]
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(stream_with_context(exports.export(hub(), _reader(), found)), mimetype=kind, headers=headers)
