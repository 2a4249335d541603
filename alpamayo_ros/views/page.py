# SPDX-License-Identifier: Apache-2.0
"""The frame of a report: one HTML file with its style and script inside, nothing from a network."""

from __future__ import annotations

import json
from html import escape

from alpamayo_ros.views.style import STYLE

# The policy forbids the browser any request: what a report shows is in the file.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

_SCRIPT = """
const ticks = JSON.parse(document.getElementById("ticks").textContent);
const slider = document.getElementById("tick");
const said = document.getElementById("said");

// a copy, because browsers scale the lines of a <use> with its drawing
const around = document.getElementById("around");
around.append(...[...document.getElementById("world").childNodes].map(e => e.cloneNode(true)));

const keyed = new Map();
for (const element of document.querySelectorAll("[data-tick]")) {
  const key = +element.dataset.tick;
  if (!keyed.has(key)) keyed.set(key, []);
  keyed.get(key).push(element);
}
const drawn = [...keyed.keys()].sort((a, b) => a - b);
let lit = [];

function nearest(values, value) {
  let best = 0;
  values.forEach((v, i) => {
    if (Math.abs(v - value) < Math.abs(values[best] - value)) best = i;
  });
  return best;
}

function show(k) {
  const tick = ticks[k];
  if (!tick) return;
  slider.value = k;
  lit.forEach(e => e.classList.remove("on"));
  lit = keyed.get(drawn[nearest(drawn, k)]) || [];
  lit.forEach(e => e.classList.add("on"));
  for (const plot of document.querySelectorAll(".plot"))
    plot.querySelector(".cursor").style.left = 100 * tick.t / plot.dataset.span + "%";
  const [x, y, h] = tick.pose;
  const ego = document.getElementById("ego");
  ego.setAttribute("transform", `translate(${x} ${y}) rotate(${h})`);
  around.setAttribute("transform", `rotate(${-90 - h}) translate(${-x} ${-y})`);
  said.replaceChildren(...tick.say.flatMap(([name, value]) => {
    const bold = document.createElement("b");
    bold.textContent = value;
    return [name + " ", bold, "  "];
  }));
}

slider.addEventListener("input", () => show(+slider.value));
for (const plot of document.querySelectorAll(".plot")) {
  const pick = event => {
    const box = plot.getBoundingClientRect();
    const time = (event.clientX - box.left) / box.width * plot.dataset.span;
    show(nearest(ticks.map(t => t.t), time));
  };
  plot.addEventListener("pointermove", pick);
  plot.addEventListener("pointerdown", pick);
}
show(Math.floor(ticks.length / 2));
"""


def page(
    title: str,
    header: str,
    sections: list[str],
    footer: str,
    ticks: list[object],
    style: str = "",
    own_script: str = "",
) -> str:
    """The HTML of a report; ``ticks`` is what the script knows of each predicted tick.

    ``style`` and ``own_script`` are a page's own, beside what all pages share.
    """
    data = json.dumps(ticks, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    script = (
        f'<script type="application/json" id="ticks">{data}</script><script>{_SCRIPT}</script>'
        if ticks
        else ""
    ) + (f"<script>{own_script}</script>" if own_script else "")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style></head>"
        f"<body><main><header>{header}</header>{''.join(sections)}"
        f"<footer>{footer}</footer></main>{script}</body></html>\n"
    )


def section(title: str, explanation: str, body: str) -> str:
    """A card with a title, a sentence that says how to read it, and its content."""
    text = f"<p>{escape(explanation)}</p>" if explanation else ""
    return f"<section><h2>{escape(title)}</h2>{text}{body}</section>"


def table(heads: list[str], rows: list[list[str]], numbers: tuple[int, ...] = ()) -> str:
    """A table of texts; the columns in ``numbers`` are set to the right."""

    def cell(tag: str, column: int, text: str) -> str:
        style = ' class="n"' if column in numbers else ""
        return f"<{tag}{style}>{escape(text)}</{tag}>"

    head = "".join(cell("th", column, text) for column, text in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(cell("td", column, text) for column, text in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table class="rows"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
