"""Notes on what a study says that means less than it seems."""

from __future__ import annotations

from twin.scenario.study import Study


def notes_on_study(study: Study) -> list[str]:
    """Variants that are the same in all they override; their runs are the same."""
    alike: list[list[str]] = []
    for name, settings in study.variants.items():
        same = next((one for one in alike if study.variants[one[0]] == settings), None)
        if same is None:
            alike.append([name])
        else:
            same.append(name)
    return [_same(names) for names in alike if len(names) > 1]


def _same(names: list[str]) -> str:
    *first, last = names
    return (
        f"variants {', '.join(first)} and {last} are the same in all they override: "
        "they share their runs, and nothing differs between them"
    )
