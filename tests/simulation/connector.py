"""The connector for the simulated systems: raw records through the real transport, believing no answer more than it proves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.answer import Answer
from connectors.contract import (
    Ambiguous,
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    CursorExpired,
    Draft,
    Edit,
    Field,
    Forbidden,
    Gone,
    Invalid,
    Outcome,
    Page,
    Rate,
    Record,
    SignInFailed,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.transport import Throttle, Transport
from connectors.window import Window
from tests.simulation.traits import Traits

Rows = list[dict[str, Any]]


class SimulatedConnector(Connector):
    """One object of one system. Three feeds by its traits: by stamps with an overlap, by tokens, or all of it every time."""

    def __init__(self, name: str, traits: Traits, wanted: Wanted, transport: Transport) -> None:
        self._url = f"https://{name}.test"
        self._traits = traits
        self._wanted = wanted
        self._transport = transport
        self._secret = ""
        rate = Rate(f"simulated:{name}", traits.calls, traits.seconds)
        self._throttle = Throttle(rate.scope, (rate,))
        self.capabilities = Capabilities(
            feed=traits.feed,
            granularity=traits.granularity,
            tombstones="feed" if traits.tombstones else "none",
            guard=traits.guard,
            upsert=traits.upsert and wanted.key is not None,
            key=traits.key,
            find_lag=traits.find_lag,
            page=traits.page,
            batch=traits.batch,
            rates=(rate,),
        )

    def check(self) -> list[Check]:
        return []

    def describe(self) -> list[Field]:
        rows = self._json(self._call("GET", "/describe"), "fields")["fields"]
        return [Field(row["name"], row["type"]) for row in rows]

    # --- reading ---

    def changes(self, since: str | None) -> Iterator[Page]:
        if self._traits.feed == "timestamp":
            return self._by_stamps(since)
        if self._traits.feed == "token":
            return self._everything(self._newest_token()) if since is None else self._by_token(since)
        return self._everything(None)

    def _by_stamps(self, since: str | None) -> Iterator[Page]:
        start = None if since is None else datetime.fromisoformat(since)
        window = Window(start, timedelta(seconds=self._traits.overlap))
        asked = {"order": "stamp"}
        if start is not None:
            asked["changed"] = window.condition("stamp", start.isoformat())
        gone = self._deleted(start) if start is not None and self._traits.tombstones else ()
        for rows, last in self._pages(asked):
            for row in rows:
                window.saw(datetime.fromisoformat(row["stamp"]))
            following = window.next(last)
            yield Page(
                tuple(map(self._record, rows)),
                gone if last else (),
                cursor=following.isoformat() if following else None,
                complete=last and start is None,
            )

    def _deleted(self, since: datetime) -> tuple[Gone, ...]:
        body = self._json(self._call("GET", "/deleted", {"since": since.isoformat()}), "deleted")
        return tuple(Gone(str(id)) for id in body["deleted"])

    def _everything(self, token: str | None) -> Iterator[Page]:
        for rows, last in self._pages({}):
            yield Page(tuple(map(self._record, rows)), cursor=token if last else None, complete=last)

    def _newest_token(self) -> str:
        return str(self._json(self._call("GET", "/changes", {"token": "now"}), "token")["token"])

    def _by_token(self, token: str) -> Iterator[Page]:
        seen = {token}
        while True:
            answer = self._call("GET", "/changes", self._columns() | {"token": token})
            if answer.status == 410:
                raise CursorExpired(f"{self._url} no longer knows the token {token}.")
            body = self._json(answer, "token", "records")
            gone = tuple(Gone(str(id)) for id in body.get("deleted", ()))
            token = str(body["token"])
            yield Page(tuple(map(self._record, body["records"])), gone, cursor=token)
            if not body.get("more"):
                return
            if token in seen:
                raise Unavailable(f"{self._url}/changes goes round in a circle at {token}.")
            seen.add(token)

    def _pages(self, asked: dict[str, str]) -> Iterator[tuple[Rows, bool]]:
        """Pages of a list and whether each is the last. One that ends short of its own count, changes it, or runs in
        circles, raises ``Unavailable`` after what it did show."""
        shown: set[str] = set()
        followed: set[str] = set()
        count: Any = None
        after: dict[str, str] = {}
        while True:
            body = self._json(self._call("GET", "/records", self._columns() | asked | after), "records", "next")
            rows, following = body["records"], body["next"]
            shown |= {row["id"] for row in rows}
            told = body.get("count")
            moved = count is not None and told != count
            count = told
            last = following is None and not moved and (count is None or len(shown) >= count)
            yield rows, last
            if last:
                return
            if following is None or moved:
                raise Unavailable(
                    f"{self._url}/records counted {count} rows and showed {len(shown)}; it moved meanwhile."
                )
            if following in followed:
                raise Unavailable(f"{self._url}/records goes round in a circle at {following}.")
            followed.add(following)
            after = {"after": following}

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        found: dict[str, Record | Gone | Unseen] = {id: Unseen(id, "It is not shown.") for id in ids}
        if not ids:
            return found
        body = self._json(self._call("GET", "/records", self._columns() | {"ids": ",".join(ids)}), "records")
        found |= {str(id): Gone(str(id)) for id in body.get("gone", ())}
        return found | {row["id"]: self._record(row) for row in body["records"]}

    def find(self, key: str) -> list[Record]:
        body = self._json(self._call("GET", "/records", self._columns() | {"key": key}), "records")
        return [self._record(row) for row in body["records"]]

    # --- writing ---

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        body: dict[str, Any] = {"records": [{"fields": draft.fields} for draft in drafts]}
        if self.capabilities.upsert:
            body["merge"] = self._wanted.key
        return self._write("POST", body, len(drafts))

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        rows = [
            {"id": edit.id, "fields": edit.fields}
            | ({"version": edit.expected.version} if edit.expected.version else {})
            for edit in edits
        ]
        return self._write("PATCH", {"records": rows}, len(edits))

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return [Outcome(error=Invalid("The simulated system deletes nothing for a caller.")) for _ in ids]

    def close(self) -> None:
        self._transport.close()

    def _write(self, method: str, body: dict[str, Any], count: int) -> list[Outcome]:
        answer = self._call(method, "/records", body=body)
        if answer.status == 412:
            return [Outcome(error=Stale(f"{self._url} says that a row changed.")) for _ in range(count)]
        results = self._json(answer, "results")["results"]
        if len(results) != count:
            raise Ambiguous(f"{self._url} does not say what became of each row.")
        return [self._outcome(result) for result in results]

    def _outcome(self, result: dict[str, Any]) -> Outcome:
        error = result.get("error")
        if error == "invalid":
            return Outcome(error=Invalid("The system refuses this value.", [result["field"]]))
        if error is not None:
            return Outcome(error=Stale(f"The row is {error}."))
        record = result.get("record")
        return Outcome(str(result["id"]), self._record(record) if record else None)

    # --- one call ---

    def _call(self, method: str, path: str, params: Any = None, body: Any = None) -> Answer:
        """Signed in. A refused token means that the call did nothing, so even a write goes again."""
        fresh = not self._secret
        if fresh:
            self._sign_in()
        answer = self._send(method, path, params, body)
        if answer.status == 401 and not fresh:
            self._sign_in()
            answer = self._send(method, path, params, body)
        if answer.status == 401:
            self._secret = ""
            raise SignInFailed(f"{self._url} takes no token any more.")
        return answer

    def _send(self, method: str, path: str, params: Any, body: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self._secret}"}
        return self._transport.call(
            method, self._url + path, params=params, json=body, headers=headers, throttle=self._throttle
        )

    def _sign_in(self) -> None:
        answer = self._transport.call(
            "POST", f"{self._url}/token", form={"client": "hub"}, repeatable=True, throttle=self._throttle
        )
        self._secret = str(self._json(answer, "token")["token"])

    def _json(self, answer: Answer, *needed: str) -> dict[str, Any]:
        """The body of a success that has these parts. A success that cannot be read may still have written."""
        if not answer.ok:
            raise self._refusal(answer)
        body = answer.json()
        if isinstance(body, dict) and all(name in body for name in needed):
            return body
        error = Ambiguous if answer.wrote else Unavailable
        raise error(f"{answer.url} answered something that is not its protocol.")

    def _refusal(self, answer: Answer) -> ConnectorError:
        if answer.status == 403:
            return Forbidden(f"{answer.url} does not allow this.")
        return Unavailable(f"{answer.url} answered {answer.status}.")

    def _columns(self) -> dict[str, str]:
        return {"fields": ",".join(self._wanted.fields)}

    def _record(self, row: dict[str, Any]) -> Record:
        fields = {column: row["fields"][column] for column in self._wanted.fields if column in row["fields"]}
        return Record(str(row["id"]), fields, row["version"])
