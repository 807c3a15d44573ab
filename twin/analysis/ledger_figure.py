"""The ledger drawn: step by step, how a party comes from the reference to the run."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from twin.accounts.ledger import HOMES, UTILITY
from twin.analysis.bills import DAYS_PER_MONTH
from twin.analysis.case import Case
from twin.analysis.ledger import Books
from twin.analysis.theme import GREY, INK, dressed

LEAST_USD = 0.005
GAINS, LOSES = "#009E73", "#D55E00"


def changes(books: Books, party: str, homes: list[int] | None = None) -> pl.DataFrame:
    """What a party has more in the run than in the reference, by kind, USD a month.

    homes  which customers are meant, where it is the homes
    """
    frame = books.frame
    if homes is not None:
        frame = frame.filter(pl.col("customer").is_in(homes))
    sign = pl.when(pl.col("payee") == party).then(1.0).otherwise(-1.0)
    return (
        frame.filter((pl.col("payer") == party) | (pl.col("payee") == party))
        .group_by("kind", maintain_order=True)
        .agg((sign * pl.col("change_usd")).sum().alias("usd"))
        .with_columns(pl.col("usd") * (DAYS_PER_MONTH / books.days))
    )


def waterfall(case: Case, books: Books) -> go.Figure | None:
    """Mean home with a car, and the utility: changes by kind and their sum."""
    with_car = case.customers.filter(pl.col("evs") > 0)["customer"].to_list()
    if not with_car:
        return None
    mean = changes(books, HOMES, with_car).with_columns(pl.col("usd") / len(with_car))
    panels = [("mean home with an EV", mean), ("utility", changes(books, UTILITY))]
    figure = make_subplots(
        1, 2, subplot_titles=[name for name, _ in panels], horizontal_spacing=0.12
    )
    for column, (_, rows) in enumerate(panels, start=1):
        figure.add_trace(_bars(rows), row=1, col=column)
    figure.update_yaxes(title="USD a month beside the reference", col=1)
    figure.update_xaxes(tickangle=-40)
    figure.add_hline(y=0, line={"color": INK, "width": 1})
    return dressed(figure, 460, titles=True)


def _bars(rows: pl.DataFrame) -> go.Waterfall:
    rows = rows.filter(pl.col("usd").abs() >= LEAST_USD)
    usd = rows["usd"].to_list()
    return go.Waterfall(
        x=[*rows["kind"], "together"],
        y=[*usd, sum(usd)],
        measure=[*["relative"] * len(usd), "total"],
        increasing={"marker": {"color": GAINS}},
        decreasing={"marker": {"color": LOSES}},
        totals={"marker": {"color": GREY}},
        connector={"line": {"color": GREY, "width": 1}},
        hovertemplate="%{x}: %{delta:.2f} USD a month<extra></extra>",
        showlegend=False,
    )
