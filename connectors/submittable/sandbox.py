"""A stand-in for Submittable on this machine: submissions, forms, entries and projects of API v4, kept in memory.

A seed is ``{"key": "…", "forms": {name: {"type": "internal", "fields": [{"label", "type", "options"?, "required"?}]}},
"projects": {name: {"initial": form, "internal": form}}, "submissions": [{"project", "answers": {…}, "internal": {…}}]}``;
``key_as`` ("username" or "password") and ``permissions`` may be given too.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, Response, jsonify, request

from connectors.clock import SystemTime, Time
from connectors.sandbox import Sandbox, run
from connectors.submittable import sandbox_rows, sandbox_show
from connectors.submittable.sandbox_errors import WireError, invalid
from connectors.submittable.sandbox_request import Limit, allow, body, mail, sign_in, submission
from connectors.submittable.sandbox_state import Entry, Organisation, Submission


class SubmittableSandbox(Sandbox):
    """The frame with the organisation at hand. ``missing`` is the status for a submission that is not there, ``stale``
    the one for a change that names another version, both of which the vendor leaves open; ``calls`` a second, ``None``
    without a limit."""

    def __init__(self, seed: Mapping[str, Any], time: Time, calls: int | None = None) -> None:
        self.organisation = Organisation(seed, time)
        self.lists = sandbox_show.Lists(self.organisation)
        self.missing, self.stale, self.limit = 404, 400, Limit(time, calls)
        self._lagging, self._old = 0, self.organisation
        super().__init__("Submittable", _app(self), sandbox_rows.Tables(self.organisation), time=time)

    def lag(self, reads: int) -> None:
        """The next so many reads show everything as it is at this moment."""
        self._lagging, self._old = reads, copy.copy(self.organisation)
        self._old.submissions = copy.deepcopy(self.organisation.submissions)

    def reading(self) -> Organisation:
        """The organisation as a read shows it."""
        if not self._lagging:
            return self.organisation
        self._lagging -= 1
        return self._old

    def write(self, project: str, id: str | None, cells: Mapping[str, Any]) -> str:
        """What a person does: change answers, or add a submission; its id."""
        with self.lock:
            return sandbox_rows.write(self.organisation, project, id, cells).id

    def open_for_editing(self, id: str, type: str = "initial") -> None:
        """An applicant (or staff) may change a form again: until it is handed in, no list of completed ones has it."""
        with self.lock:
            self._entry(id, type).completed = False

    def hand_in(self, id: str, type: str = "initial") -> None:
        with self.lock:
            self._entry(id, type).completed = True

    def cells(self, id: str) -> dict[str, str]:
        """A submission as the page shows it."""
        with self.lock:
            one = self.organisation.submissions[id]
            return dict(dict(sandbox_rows.Tables(self.organisation).rows(one.project.name))[id])

    def remove(self, id: str) -> None:
        with self.lock:
            self.organisation.submissions.pop(id, None)

    def _entry(self, id: str, type: str) -> Entry:
        entry = self.organisation.submissions[id].entry(type)
        if entry is None:
            raise ValueError(f"submission {id} has no {type} form filled in")
        return entry


def serve(
    seed: Mapping[str, Any] | None = None, *, port: int = 0, time: Time | None = None, calls: int | None = None
) -> SubmittableSandbox:
    """A started sandbox."""
    sandbox = SubmittableSandbox(seed or {}, time or SystemTime(), calls)
    sandbox.start(port)
    return sandbox


def _app(sandbox: SubmittableSandbox) -> Flask:
    app = Flask("submittable_sandbox", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    org = sandbox.organisation

    @app.errorhandler(WireError)
    def refused(error: WireError) -> Any:
        body = error.body()
        return (jsonify(body), error.status) if body else Response(status=error.status)

    @app.errorhandler(404)
    @app.errorhandler(405)
    def nowhere(error: Exception) -> Response:
        return Response(status=404)

    @app.before_request
    def admit() -> None:
        if not request.path.startswith("/_sandbox"):
            sandbox.limit.count()
            sign_in(org)

    @app.get("/v4/organizations/guid")
    def guid() -> Any:
        return jsonify(org.id)

    _add_submissions(app, sandbox, org)
    _add_entries(app, sandbox, org)
    _add_forms(app, sandbox, org)
    return app


def _add_submissions(app: Flask, sandbox: SubmittableSandbox, org: Organisation) -> None:
    @app.get("/v4/submissions")
    def submissions() -> Any:
        allow(org, "submissions")
        query = request.args.to_dict(flat=False)
        projects = [id.lower() for id in query.get("Projects.Include", ())]
        archived = query.get("ArchivedStatus", ["notArchived"])[0]
        every = [
            one
            for one in sandbox.reading().submissions.values()
            if (not projects or one.project.id in projects)
            and (archived == "either" or one.archived == (archived == "archived"))
        ]
        items, token = sandbox.lists.page("submissions", query, every)
        return {"continuationToken": token, "items": [sandbox_show.in_list(one) for one in items]}

    @app.post("/v4/submissions/ids")
    def by_ids() -> Any:
        allow(org, "submissions")
        ids = body().get("submissionIds")
        if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
            raise invalid("submissionIds is required.")
        there = sandbox.reading().submissions
        return jsonify([sandbox_show.alone(there[id.lower()]) for id in ids if id.lower() in there])

    @app.get("/v4/submissions/<id>")
    def alone(id: str) -> Any:
        allow(org, "submissions")
        return sandbox_show.alone(submission(sandbox.reading(), id, sandbox.missing))

    @app.post("/v4/submissions")
    def submit() -> Any:
        allow(org, "write")
        said = body()
        if not ({"submitterId"} <= said.keys() or {"firstName", "lastName"} <= said.keys()):
            raise invalid("A submitterId, or a first and last name, is required.")
        try:
            project = org.project(str(said.get("projectId")))
        except WireError:
            raise invalid("The project is not known.") from None
        cells = org.answers(project.initial, said.get("fieldData"))
        org.require(project.initial, cells)
        made = org.submit(project, cells, said.get("submitterId"))
        mail(org, said)
        return jsonify(sandbox_show.alone(made)), 201

    @app.delete("/v4/submissions/<id>")
    def remove(id: str) -> Any:
        allow(org, "write")
        org.submissions.pop(submission(org, id, sandbox.missing).id)
        return Response(status=204)

    @app.put("/v4/submissions/<id>/status")
    def status(id: str) -> Any:
        allow(org, "write")
        said = body()
        submission(org, id, sandbox.missing).status = str(said.get("status"))
        mail(org, said)
        return Response(status=204)


def _add_entries(app: Flask, sandbox: SubmittableSandbox, org: Organisation) -> None:
    @app.get("/v4/entries/submissions/<id>")
    def of_submission(id: str) -> Any:
        allow(org, "entries")
        one = submission(sandbox.reading(), id, sandbox.missing)
        return {"formEntries": [sandbox_show.full(one, entry) for entry in one.entries]}

    @app.get("/v4/entries/forms/<id>")
    def of_form(id: str) -> Any:
        return _listed(id, "entries", sandbox_show.full, lambda entry: entry.completed)

    @app.get("/v4/entries/metadata/forms/<id>")
    def known(id: str) -> Any:
        return _listed(id, "metadata", sandbox_show.metadata, lambda entry: True)

    def _listed(id: str, of: str, show: Callable[[Submission, Entry], Any], fits: Callable[[Entry], bool]) -> Any:
        allow(org, "entries")
        form = org.form(id)
        every = [pair for pair in sandbox.reading().entries() if pair[1].form.id == form.id and fits(pair[1])]
        items, token = sandbox.lists.page(f"{of} {form.id}", request.args.to_dict(flat=False), every)
        return {"continuationToken": token, "items": [show(*pair) for pair in items]}

    @app.get("/v4/entries/<id>")
    def one(id: str) -> Any:
        allow(org, "entries")
        return sandbox_show.full(*sandbox.reading().entry(id))["entry"]

    @app.post("/v4/entries/internal")
    def fill_in() -> Any:
        allow(org, "write")
        said = body()
        one = submission(org, str(said.get("submissionId")), sandbox.missing)
        if one.project.internal is None:
            raise invalid("The project has no internal form.")
        entry = org.fill_in(one, org.answers(one.project.internal, said.get("fieldData")))
        return jsonify(sandbox_show.full(one, entry)["entry"]), 201

    @app.put("/v4/entries/<id>")
    def put(id: str) -> Any:
        allow(org, "write")
        one, entry = org.entry(id)
        said = body()
        if said.get("formType") != "internal" or entry.form.type != "internal":
            raise invalid("Only internal forms can be updated here.")
        org.save(entry, org.answers(entry.form, said.get("fieldData")), replace=True)
        return jsonify(sandbox_show.full(one, entry)["entry"])

    @app.patch("/v4/entries/<id>")
    def patch(id: str) -> Any:
        allow(org, "write")
        _, entry = org.entry(id)
        said = body()
        lacking = {name: "This is required." for name in ("entryVersionId", "changeReason") if not said.get(name)}
        if lacking:
            raise WireError(400, ["Invalid request."], lacking)
        if said["entryVersionId"] != entry.version:
            raise WireError(sandbox.stale, ["The entry was changed meanwhile."])
        org.save(entry, org.answers(entry.form, said.get("fieldData")), replace=False)
        mail(org, said)
        return Response(status=204)


def _add_forms(app: Flask, sandbox: SubmittableSandbox, org: Organisation) -> None:
    @app.get("/v4/forms/metadata")
    def metadata() -> Any:
        allow(org, "forms")
        items, token = sandbox.lists.page("forms", request.args.to_dict(flat=False), list(org.forms.values()))
        shown = [{"formId": form.id, "name": form.name, "formType": form.type} for form in items]
        return {"continuationToken": token, "items": shown}

    @app.get("/v4/forms/<id>")
    def form(id: str) -> Any:
        allow(org, "forms")
        return sandbox_show.form(org.form(id))

    @app.get("/v4/projects")
    def projects() -> Any:
        allow(org, "projects")
        items, token = sandbox.lists.page("projects", request.args.to_dict(flat=False), list(org.projects.values()))
        return {"continuationToken": token, "items": [sandbox_show.project(each) for each in items]}

    @app.get("/v4/projects/<id>")
    def project(id: str) -> Any:
        allow(org, "projects")
        return sandbox_show.project(org.project(id))


def main(arguments: Sequence[str] | None = None) -> int:
    build: Callable[[Mapping[str, Any], Time], Sandbox] = SubmittableSandbox
    return run(build, arguments)


if __name__ == "__main__":
    sys.exit(main())
