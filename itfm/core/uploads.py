"""Taking uploaded files: to disk while they come in, and no further than the limit."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class LimitedFileHandler(TemporaryFileUploadHandler):
    """Writes a file to disk as it comes in; one beyond the limit is passed over, as if it had not been sent."""

    taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a part of the file.

        :raises SkipFile: it is too large.
        """
        self.taken = start + len(raw_data)
        if self.taken > settings.UPLOAD_BYTES:
            self.file.close()
            raise SkipFile
        super().receive_data_chunk(raw_data, start)
