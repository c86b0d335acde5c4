"""The list as a file to take away: first what the chosen format leaves out, then the file."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request, stream_with_context

from hub import access, exports
from hub.web.guard import hub, me
from hub.web.looking import Asked, asked, looking

pages = Blueprint("exports", __name__)


def _reader() -> exports.Reader:
    return exports.Reader(me().member_id, access.private(me()), looking(_asked()))


def _asked() -> Asked:
    found = asked(request.args)
    if found.problems:
        abort(400, " ".join(found.problems.values()))
    return found


def _format() -> str:
    found = request.args.get("format", "csv")
    return found if found in exports.FORMATS else abort(404)


@pages.get("/export")
def page() -> str:
    reader, found = _reader(), _format()
    told = exports.losses(hub(), reader, found)
    return render_template("export.html", told=told, chosen=found, formats=exports.FORMATS, pairs=_asked().pairs)


@pages.get("/export/file", endpoint="file")
def file() -> Response:
    found = _format()
    kind, name = exports.KINDS[found]
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(stream_with_context(exports.export(hub(), _reader(), found)), mimetype=kind, headers=headers)
