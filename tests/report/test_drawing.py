"""The drawing says what the program says: nodes, what each is made of, and axes as plates within plates."""

import re
import shutil
import xml.etree.ElementTree as ElementTree

import pytest

from ppl.api.models import model
from ppl.report.drawing import dot, mermaid, outline, svg
from ppl.report.plates import nodes, plates

RADON = """
dim house
dim county = 3
data county_of[house]: county
data floor[house], log_radon[house]: real
tau ~ HalfNormal(1)
a[county] ~ Normal(0, tau)
param b: real
eta[house] = a[county_of] + b * floor
log_radon[house] ~ Normal(eta, 1)
factor -0.5 * sum(a, county)^2
predict again[house] ~ Normal(eta, 1)
"""
NESTED = """
dim doc, word
dim topic = 2
θ[doc] ~ Normal(0, 1)
data y[doc, word]: real
data w[topic, word]: real
y[doc, word] ~ Normal(θ, 1)
"""


def by_name(text):
    return {node.name: node for node in nodes(model(text).graph)}


def unquoted(text):
    return text.replace('\\"', '"').replace("\\\\", "\\")


def read_dot(text):
    """Nodes with the titles of the clusters around them, and edges; fails on what is not DOT."""
    found, edges, around = {}, [], []
    lines = text.strip().split("\n")
    assert lines[0] == "digraph model {"
    for line in lines[1:]:
        if opened := re.fullmatch(r' *subgraph "cluster (?:[^"\\]|\\.)*" \{', line):
            around.append("")
        elif title := re.fullmatch(r' *label="((?:[^"\\]|\\.)*)"', line):
            around[-1] = title[1]
        elif line.strip() == "}":
            around and around.pop()
        elif edge := re.fullmatch(r' *"((?:[^"\\]|\\.)*)" -> "((?:[^"\\]|\\.)*)"', line):
            edges.append((unquoted(edge[1]), unquoted(edge[2])))
        elif node := re.fullmatch(r' *"((?:[^"\\]|\\.)*)" \[(.*)\]', line):
            found[unquoted(node[1])] = (tuple(around), node[2])
        else:
            assert opened or re.fullmatch(r" *(graph|node) \[.*\]", line), line
    assert not around
    return found, edges


def test_each_name_has_its_look():
    looks = {name: node.look for name, node in by_name(RADON).items()}
    assert looks == {
        "county_of": "data",
        "floor": "data",
        "log_radon": "observed",
        "b": "param",
        "eta": "definition",
        "tau": "latent",
        "a": "latent",
        "again": "predict",
        "factor": "factor",
    }


def test_edges_come_from_what_a_statement_is_made_of():
    sources = {name: set(node.sources) for name, node in by_name(RADON).items()}
    assert sources["eta"] == {"a", "county_of", "b", "floor"}
    assert sources["log_radon"] == sources["again"] == {"eta"}
    assert sources["a"] == {"tau"}
    assert sources["factor"] == {"a"}
    assert sources["tau"] == sources["floor"] == set()


def test_a_truncation_and_a_condition_are_sources_too():
    text = "dim t\ndata n: int\nu ~ Normal(0, 1)\nv ~ HalfNormal(1)\nx[t] ~ Normal(0, 1) > u where t < n\n"
    text += "x[t] ~ Normal(0, v) where t >= n\n"
    assert set(by_name(text)["x"].sources) == {"n", "u", "v"}


def test_plates_nest_where_axes_do():
    sheet = plates(model(NESTED).graph)
    assert sheet.nodes == ()
    doc, both = sheet.plates
    assert (doc.title, [n.name for n in doc.nodes]) == ("doc", ["θ"])
    assert [(p.title, [n.name for n in p.nodes]) for p in doc.plates] == [("word", ["y"])]
    assert (both.title, [n.name for n in both.nodes]) == ("topic (2), word", ["w"])


def test_a_matrix_over_one_axis_is_a_plate_within_its_plate():
    text = (
        "dim obs\ndata x[obs]: real\nK[i in obs, j in obs] = exp(-(x[i] - x[j])^2)\nm ~ Normal(K[0, 0], 1)\n"
    )
    (outer,) = plates(model(text).graph).plates
    assert [p.title for p in outer.plates] == ["obs"]
    assert [n.name for n in outer.plates[0].nodes] == ["K"]


def test_dot_holds_nodes_in_their_clusters_and_edges():
    found, edges = read_dot(dot(model(RADON).graph))
    assert found["eta"][0] == ("house",)
    assert found["a"][0] == ("county (3)",)
    assert found["tau"][0] == found["factor"][0] == ()
    assert "fillcolor" in found["log_radon"][1]
    assert "fillcolor" not in found["a"][1]
    assert "shape=box" in found["floor"][1]
    assert sorted(edges) == sorted((s, n.name) for n in by_name(RADON).values() for s in n.sources)


def test_dot_nests_clusters():
    found, _ = read_dot(dot(model(NESTED).graph))
    assert found["y"][0] == ("doc", "word")
    assert found["θ"][0] == ("doc",)


def test_mermaid_numbers_its_nodes_and_closes_its_plates():
    text = mermaid(model("dim end\nend_[end] ~ Normal(0, 1)\ngraph_ ~ Normal(sum(end_), 1)\n").graph)
    lines = text.strip().split("\n")
    assert lines[0] == "flowchart TD"
    assert sum(line.strip().startswith("subgraph ") for line in lines) == sum(
        line.strip() == "end" for line in lines
    )
    declared = dict(re.findall(r'^ *(n\d+)\(\["(.*?)<br/>', text, re.MULTILINE))
    assert sorted(declared.values()) == ["end_", "graph_"]
    ((source, target),) = re.findall(r"^ *(n\d+) --> (n\d+)$", text, re.MULTILINE)
    assert (declared[source], declared[target]) == ("end_", "graph_")
    assert 'subgraph p0["end"]' in text


def test_outline_says_what_is_made_of_what():
    lines = outline(model(RADON).graph).split("\n")
    assert any(re.fullmatch(r"a\[county\] +latent +~ Normal of tau", line) for line in lines)


def test_svg_is_a_picture_with_every_name():
    program = shutil.which("dot")
    if program is None:
        pytest.skip("there is no Graphviz here")
    root = ElementTree.fromstring(svg(model(NESTED).graph, program))
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"θ", "y", "w", "doc", "word"} <= texts
