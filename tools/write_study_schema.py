"""Write schemas/study.schema.json from the declaration; run after changing a field of the study."""

from __future__ import annotations

import json
from pathlib import Path

from setsuden.study.published import study_schema

TARGET = Path(__file__).parents[1] / "src" / "setsuden" / "schemas" / "study.schema.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(study_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
