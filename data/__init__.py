"""What is known and what happened: records, the SQLite store, import and export, the sample course."""

import os

os.environ["OPENPYXL_LXML"] = "False"  # before openpyxl is imported: lxml, where it is there, would pass defusedxml by
