"""What the bench may say: medians, ratios only where ranges do not overlap, no figure from a wrong answer."""

from dataclasses import replace

from bench import report
from bench.browser import Form
from bench.figures import figure, ratio
from bench.measure import Measurement
from bench.workloads import WORKLOADS
from bench.wrk import Load, to_lua

REFRESH = next(each for each in WORKLOADS if each.key == "refresh")
ROUND = Measurement(
    server="ours",
    workload="refresh",
    round=0,
    rate=100.0,
    p50_ms=1.0,
    p90_ms=2.0,
    p99_ms=3.0,
    max_ms=4.0,
    cpu_us=50.0,
    rss=1,
    pss=1,
    database_pss=0,
    verified=1,
    replays=1,
    generator_limited=False,
    others=0.0,
    trouble=None,
)


def rounds(server: str, *rates: float) -> list[Measurement]:
    return [replace(ROUND, server=server, rate=rate, cpu_us=1e6 / rate) for rate in rates]


def test_a_figure_is_the_median_with_the_least_and_the_greatest_round():
    rate = figure(rounds("ours", 90, 400, 100)).rate
    assert (rate.median, rate.low, rate.high) == (100, 90, 400)


def test_a_ratio_compares_medians_whose_ranges_do_not_overlap():
    found = ratio(REFRESH, figure(rounds("ours", 300, 310, 320)), figure(rounds("theirs", 90, 100, 110)))
    assert (found.value, found.holds) == (3.1, True)


def test_overlapping_ranges_tell_no_ratio_and_reach_no_floor():
    found = ratio(REFRESH, figure(rounds("ours", 100, 900, 950)), figure(rounds("theirs", 90, 100, 110)))
    assert (found.value, found.cpu, found.holds) == (None, None, False)


def test_one_round_tells_no_ratio():
    assert ratio(REFRESH, figure(rounds("ours", 900)), figure(rounds("theirs", 100))).value is None


def test_a_wrong_answer_leaves_no_figure_and_no_ratio():
    spoiled = [*rounds("ours", 900, 910), replace(ROUND, trouble="1 answers were wrong")]
    ours = figure(spoiled)
    assert "no figure: 1 answers were wrong" in report.table([ours])
    assert ratio(REFRESH, ours, figure(rounds("theirs", 90, 100))).value is None


def test_cpu_that_was_not_whole_in_every_round_is_not_told():
    assert figure([ROUND, replace(ROUND, cpu_us=None)]).cpu_us is None


def test_a_busy_machine_is_told():
    assert report.disturbance([figure([ROUND])]) is None
    assert "20%" in (report.disturbance([figure([replace(ROUND, others=0.2)])]) or "")


def test_a_load_with_a_wrong_or_missing_answer_is_in_trouble():
    good = Load(10, 1.0, 10, 0, 0, 0, "", 1, 1, 1, 1, 0.5)
    assert good.trouble is None
    assert "no code came back" in (replace(good, wrong=1, first_wrong="no code came back: 400").trouble or "")
    assert "1 requests failed" in (replace(good, failed=1).trouble or "")
    assert "nothing was answered" in (replace(good, right=0).trouble or "")


def test_a_plan_is_a_lua_literal():
    plan = {"a": 'quo"te\n', "b": 3, "c": ["x", "y"]}
    assert to_lua(plan) == '{["a"]="quo\\034te\\010",["b"]=3,["c"]={"x","y"}}'


def test_a_form_sends_hidden_and_checked_fields_and_nothing_outside_it():
    page = """<input type="hidden" name="stray" value="1">
      <form action="/consent?i=1"><input type="hidden" name="csrf" value="c"><input type="checkbox" name="scope"
      value="email" checked><input type="checkbox" name="scope" value="phone"></form>
      <form action="/other"><input type="hidden" name="late" value="1"></form>"""
    form = Form(page)
    assert (form.action, form.fields) == ("/consent?i=1", [("csrf", "c"), ("scope", "email")])
