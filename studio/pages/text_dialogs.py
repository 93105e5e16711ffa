"""What the keys of the Text page do about models, sessions and transcripts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from models.errors import UsageError
from studio.config import make_folder
from studio.pages.text_keys import TextKeys
from studio.widgets.dialogs import Answer, Prompt, Question
from studio.widgets.pickers import SessionPicker, WriterPicker, writers


class TextDialogs(TextKeys):
    """The actions that ask something first."""

    def action_begin(self) -> None:
        if self.room is not None:
            self.room.train(self.room.state.resumable)

    def action_model(self) -> None:
        room = self.room
        if room is None:
            return
        items = writers(room.registry)
        run = room.following

        def open_it(answer: tuple[str, str] | None) -> None:
            if answer is not None:
                (room.follow if answer[0] == "run" else room.open_model)(answer[1])

        self.app.push_screen(WriterPicker(items, run.id if run else room.source.model_id), open_it)

    def action_follow(self) -> None:
        room = self.room
        if room is None:
            return
        if room.following is not None:
            room.unfollow()
            return
        items = [item for item in writers(room.registry) if item.kind == "run"]
        if not items:
            raise UsageError("no training runs now: 2 starts one")
        if len(items) == 1:
            room.follow(items[0].id)
        else:
            self.action_model()

    def action_sessions(self) -> None:
        room = self.room
        if room is None:
            return
        sessions = room.registry.sessions()
        names = {session.id: session.name for session in sessions}
        present = room.keeper.session

        def answered(answer: tuple[str, str] | None) -> None:
            if answer is None:
                return
            what, session_id = answer
            name = names.get(session_id, "")
            if what == "open":
                room.open_session(session_id)
            elif what == "replay":
                room.replay(session_id)
            elif what == "new":
                room.new_session()
            elif what == "name":
                self._name_session(session_id, name)
            elif what == "delete":
                self._delete_session(session_id, name)
            else:
                self._ask_where(name, session_id)

        self.app.push_screen(SessionPicker(sessions, present.id if present else ""), answered)

    def _name_session(self, session_id: str, name: str) -> None:
        from studio.registry import check_name

        room = self.room

        def rename(answer: str | None) -> None:
            if answer is not None and room is not None:
                room.keep(lambda keeper: keeper.rename(answer, session_id))

        self.app.push_screen(Prompt("Name of the session", name, check=check_name), rename)

    def _delete_session(self, session_id: str, name: str) -> None:
        room = self.room

        def delete(answer: str | None) -> None:
            if answer and room is not None:
                room.keep(lambda keeper: keeper.forget(session_id))

        answers = [Answer("d", "Delete it", "delete")]
        self.app.push_screen(Question(f"Delete the session '{name}'?", "Its text is gone then.", answers), delete)

    def action_write(self) -> None:
        if self.room is not None:
            self._ask_where(self.room.keeper.name, None)

    def _ask_where(self, name: str, session_id: str | None) -> None:
        """Ask for a file, and write the transcript there."""
        from studio.sessions import file_name

        room, folder = self.room, self.services.paths.home / "transcripts"
        if room is None:
            return

        def write(answer: str | None) -> None:
            if answer is not None:
                if Path(answer).parent == folder:
                    make_folder(folder)
                room.keep(lambda keeper: keeper.export(Path(answer), session_id))

        detail = "A name that ends in .json gives JSON, any other plain text. A file that is there is replaced."
        dialog = Prompt("Write the transcript to", str(folder / file_name(name)), detail=detail, check=checked_path)
        self.app.push_screen(dialog, write)

    async def action_copy(self) -> None:
        channels = self.meant()
        texts = await asyncio.to_thread(lambda: [channel.lane.text for channel in channels])
        text = "\n\n".join(texts)
        self.app.copy_to_clipboard(text)
        self.studio.tell(f"copied {len(text):,} characters of {self.reach_name()}")


def checked_path(text: str) -> str:
    """A path that was typed. Raises UsageError for none, or for a folder."""
    if not text.strip():
        raise UsageError("a file name is wanted")
    if Path(text).expanduser().is_dir():
        raise UsageError("this is a folder: a file name is wanted")
    return text
