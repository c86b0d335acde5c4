"""The one small page of every sandbox, where a person plays the staff of a foundation: tables, rows, an edit form.

Also the remote control of the faults, for a sandbox that runs as a process of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, jsonify, redirect, render_template_string, request
from werkzeug.wrappers import Response

from connectors.sandbox_faults import Fault

if TYPE_CHECKING:
    from connectors.sandbox import Rows, Sandbox

SHOWN = 200

_FRAME = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{{ name }} sandbox</title>
<meta name="viewport" content="width=device-width">
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem;max-width:75rem}table{border-collapse:collapse}
td,th{border:1px solid #bbb;padding:.25rem .5rem;text-align:start;vertical-align:top;max-width:20rem;
overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.scroll{overflow-x:auto}label{display:block;margin-top:.75rem;
font-weight:600}input,textarea,select{font:inherit;width:100%;max-width:45rem;box-sizing:border-box}
textarea{min-height:6rem}button{font:inherit;margin-top:1rem}.wrong{color:#a00;font-weight:600}
:root{color-scheme:light dark}</style>
<p><a href="/_sandbox/">{{ name }} sandbox</a>: a stand-in for the real system, on this machine only.</p>"""

_TABLE = (
    _FRAME
    + """<nav>{% for each in tables %}<a href="/_sandbox/t/{{ each|urlencode }}">{{ each }}</a>
{% if not loop.last %}· {% endif %}{% endfor %}</nav>
{% if table %}<h1>{{ table }}</h1><p>{{ total }} records{% if total > shown %}, the newest {{ shown }} shown{% endif %}.
<a href="/_sandbox/t/{{ table|urlencode }}/new">Add a record</a></p>
<div class="scroll"><table><tr><th>id</th>{% for c in columns %}<th>{{ c.name }}</th>{% endfor %}</tr>
{% for id, cells in rows %}<tr><td><a href="/_sandbox/t/{{ table|urlencode }}/{{ id|urlencode }}">{{ id }}</a></td>
{% for c in columns %}<td dir="auto" title="{{ cells.get(c.name, '') }}">{{ cells.get(c.name, '')|truncate(60) }}</td>
{% endfor %}</tr>{% endfor %}</table></div>{% endif %}"""
)

_FORM = (
    _FRAME
    + """<h1>{{ table }}: {{ id or "a new record" }}</h1>
{% if wrong %}<p class="wrong" role="alert">{{ wrong }}</p>{% endif %}<form method="post">
{% for c in columns %}{% set value = cells.get(c.name, "") %}<label for="c{{ loop.index }}">{{ c.name }}</label>
{% if not c.editable %}<input id="c{{ loop.index }}" value="{{ value }}" disabled>
{% elif c.choices %}<select id="c{{ loop.index }}" name="{{ c.name }}"><option></option>
{% for o in c.choices %}<option{% if o == value %} selected{% endif %}>{{ o }}</option>{% endfor %}
{% if value and value not in c.choices %}<option selected>{{ value }}</option>{% endif %}</select>
{% elif c.long %}<textarea id="c{{ loop.index }}" name="{{ c.name }}" dir="auto">
{{ value }}</textarea>
{% else %}<input id="c{{ loop.index }}" name="{{ c.name }}" value="{{ value }}" dir="auto">{% endif %}{% endfor %}
<button>Save</button></form>
{% if id %}<form method="post" action="/_sandbox/t/{{ table|urlencode }}/{{ id|urlencode }}/delete">
<button>Delete this record</button></form>{% endif %}"""
)


def page(sandbox: Sandbox, rows: Rows | None) -> Blueprint:
    """The routes under ``/_sandbox/``."""
    routes = Blueprint("_sandbox", __name__, url_prefix="/_sandbox")

    @routes.before_request
    def only_from_here() -> None:
        # A page open in the same browser must not be able to post a form into the sandbox.
        if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            abort(403)

    @routes.get("/")
    def start() -> Any:
        with sandbox.lock:
            tables = list(rows.tables()) if rows else []
        if len(tables) == 1:
            return redirect(_address(tables[0]))
        return render_template_string(_TABLE, name=sandbox.name, tables=tables, table=None)

    @routes.post("/faults")
    def misbehave() -> Any:
        try:
            sandbox.misbehave(Fault(**(request.get_json() or {})))
        except (TypeError, ValueError) as error:
            return jsonify(error=str(error)), 400
        return jsonify(ok=True)

    @routes.delete("/faults")
    def behave() -> Any:
        sandbox.behave()
        return jsonify(ok=True)

    @routes.get("/log")
    def log() -> Any:
        return jsonify([{"method": s.method, "path": s.path, "status": s.status} for s in list(sandbox.seen)])

    if rows is not None:
        _add_tables(routes, sandbox, rows)
    return routes


def _add_tables(routes: Blueprint, sandbox: Sandbox, rows: Rows) -> None:
    def known(table: str) -> str:
        return table if table in rows.tables() else abort(404)

    @routes.get("/t/<table>")
    def show(table: str) -> str:
        with sandbox.lock:
            found = list(rows.rows(known(table)))
            return render_template_string(
                _TABLE,
                name=sandbox.name,
                tables=rows.tables(),
                table=table,
                columns=rows.columns(table),
                rows=found[: -SHOWN - 1 : -1],
                total=len(found),
                shown=SHOWN,
            )

    @routes.route("/t/<table>/<id>", methods=["GET", "POST"])
    def edit(table: str, id: str) -> str | Response:
        wrong = ""
        with sandbox.lock:
            columns = rows.columns(known(table))
            cells = {} if id == "new" else dict(rows.rows(table)).get(id)
            if cells is None:
                abort(404)
            if request.method == "POST":
                # Browsers send every line break of a textarea as CR LF; untouched text must stay as it was.
                typed = {name: value.replace("\r\n", "\n") for name, value in request.form.items()}
                changed = {n: v for n, v in typed.items() if v != cells.get(n, "").replace("\r\n", "\n")}
                try:
                    rows.write(table, None if id == "new" else id, changed)
                    return redirect(_address(table))
                except ValueError as error:
                    wrong, cells = str(error), {**cells, **typed}
            return render_template_string(
                _FORM,
                name=sandbox.name,
                table=table,
                id="" if id == "new" else id,
                columns=columns,
                cells=cells,
                wrong=wrong,
            )

    @routes.post("/t/<table>/<id>/delete")
    def remove(table: str, id: str) -> Response:
        with sandbox.lock:
            rows.remove(known(table), id)
        return redirect(_address(table))


def _address(table: str) -> str:
    from urllib.parse import quote

    return f"/_sandbox/t/{quote(table, safe='')}"
