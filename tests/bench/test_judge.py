"""The judge: what may and what may never become a pass."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.judge import (
    CaseFile,
    cause,
    cause_of_call,
    cause_of_context,
    cause_of_forwarding,
    cause_of_message,
    judge,
)
from bench.model import (
    FORWARDED,
    Attempt,
    Cause,
    CauseClass,
    Check,
    Direction,
    Expectation,
    Measurement,
    Observation,
    Outcome,
    Reading,
    Role,
    Service,
    Went,
    Witness,
)

SECOND = 1_000_000_000
POLICY = cause("CC", 50, "requested facility not subscribed")
AMBIGUOUS = cause("CC", 21, "call rejected")
TRANSIENT = cause("CC", 34, "no circuit available")
BUSY = cause_of_call("BUSY", None, "")


def attempt(ident, role=Role.SUBJECT, at=10, *, initiator="meter", target="visitor", **changes):
    given_ = {
        "id": ident,
        "check": "c",
        "role": role,
        "service": Service.VOICE,
        "direction": Direction.MO,
        "initiator": initiator,
        "receiver": target,
        "target": target,
        "number_format": "plain",
        "token": ident,
        "competent": Witness.FAR_END,
        "session": "s1",
        "plmn": "00101",
        "rat": "LTE",
        "bearer": "cs",
        "window_s": 30.0,
        "start_ns": at * SECOND,
    }
    return Attempt(**{**given_, **changes})


def arrived(ident, **changes):
    return Observation(
        **{
            "attempt": ident,
            "witness": Witness.FAR_END,
            "name": "visitor",
            "went": Went.YES,
            "at_ns": 0,
            "listened_s": 0.1,
            **changes,
        }
    )


def silent(ident, listened_s=30.0, **changes):
    return Observation(ident, Witness.FAR_END, "visitor", Went.NO, 0, listened_s=listened_s, **changes)


def refused(ident, why: Cause):
    return Observation(ident, Witness.MODULE, "meter", Went.UNKNOWN, 0, cause=why)


CONTROLS = (
    attempt("sc-before", Role.SUBJECT_CONTROL, 1, target="hotline"),
    attempt("tc-before", Role.TARGET_CONTROL, 2, initiator="hotline"),
    attempt("sc-after", Role.SUBJECT_CONTROL, 101, target="hotline"),
    attempt("tc-after", Role.TARGET_CONTROL, 102, initiator="hotline"),
)


def refusal(*why: Cause, silent_drop=False) -> CaseFile:
    """A well-proven refusal: one trial with the given causes (none: a silent drop), all controls passed."""
    tries = [attempt(f"try{n}", at=10 + n, repeat=n + 1) for n in range(max(1, len(why)))]
    observations = [arrived(c.id) for c in CONTROLS]
    observations += [silent(t.id) for t in tries]
    observations += [refused(t.id, w) for t, w in zip(tries, why, strict=False)]
    check = Check("c", "ESIM-02-V1", "meter", Expectation.REFUSED, silent_drop=silent_drop)
    return CaseFile(check, (*CONTROLS, *tries), tuple(observations))


def without(case: CaseFile, ident: str) -> CaseFile:
    return replace(
        case,
        attempts=tuple(a for a in case.attempts if a.id != ident),
        observations=tuple(o for o in case.observations if o.attempt != ident),
    )


class TestRefused:
    def test_policy_cause_silence_and_four_controls_pass(self):
        assert judge(refusal(POLICY)).outcome is Outcome.PASS

    def test_silent_drop_passes_only_where_the_clause_admits_it(self):
        assert judge(refusal(silent_drop=True)).outcome is Outcome.PASS
        assert judge(refusal(silent_drop=False)).outcome is Outcome.INCONCLUSIVE

    def test_arrival_fails_even_without_controls(self):
        case = refusal(POLICY)
        bare = CaseFile(case.check, (attempt("try0"),), (arrived("try0"),))
        assert judge(bare).outcome is Outcome.FAIL

    def test_late_arrival_turns_a_pass_into_a_fail(self):
        case = refusal(POLICY)
        late = replace(case, observations=(*case.observations, arrived("try0", late=True)))
        assert judge(late).outcome is Outcome.FAIL

    @pytest.mark.parametrize("control", [c.id for c in CONTROLS])
    def test_every_control_is_needed(self, control):
        assert judge(without(refusal(POLICY), control)).outcome is Outcome.INCONCLUSIVE

    @pytest.mark.parametrize("control", [c.id for c in CONTROLS])
    @pytest.mark.parametrize(
        "change", [{"session": "s2"}, {"plmn": "99901"}, {"rat": "GSM"}, {"bearer": "ims"}], ids=str
    )
    def test_controls_of_other_circumstances_do_not_count(self, control, change):
        case = refusal(POLICY)
        moved = tuple(replace(a, **change) if a.id == control else a for a in case.attempts)
        assert judge(replace(case, attempts=moved)).outcome is Outcome.INCONCLUSIVE

    def test_target_control_must_reach_the_same_target(self):
        case = refusal(POLICY)
        moved = tuple(replace(a, target="other") if a.role is Role.TARGET_CONTROL else a for a in case.attempts)
        assert judge(replace(case, attempts=moved)).outcome is Outcome.INCONCLUSIVE

    def test_towards_the_module_the_sender_must_reach_another_card(self):
        case = refusal(silent_drop=True)
        mt = {"direction": Direction.MT, "initiator": "visitor", "receiver": "meter", "target": "meter"}
        other = {"direction": Direction.MT, "initiator": "visitor", "receiver": "hotline", "target": "hotline"}

        def turn(a: Attempt, target_control=other) -> Attempt:
            changes = {Role.SUBJECT: mt, Role.TARGET_CONTROL: target_control}
            return replace(a, **changes.get(a.role, {**mt, "initiator": "hotline"}))

        turned = replace(case, attempts=tuple(turn(a) for a in case.attempts))
        assert judge(turned).outcome is Outcome.PASS
        itself = replace(case, attempts=tuple(turn(a, target_control=mt) for a in case.attempts))
        assert judge(itself).outcome is Outcome.INCONCLUSIVE
        outward = tuple(
            replace(a, direction=Direction.MO) if a.role is Role.SUBJECT_CONTROL else a for a in turned.attempts
        )
        assert judge(replace(turned, attempts=outward)).outcome is Outcome.INCONCLUSIVE

    def test_a_window_cut_short_proves_nothing(self):
        case = refusal(POLICY)
        cut = tuple(
            replace(o, listened_s=29.9) if o.attempt == "try0" and o.witness is Witness.FAR_END else o
            for o in case.observations
        )
        assert judge(replace(case, observations=cut)).outcome is Outcome.INCONCLUSIVE

    def test_ambiguous_cause_needs_three_identical(self):
        assert judge(refusal(AMBIGUOUS)).outcome is Outcome.INCONCLUSIVE
        assert judge(refusal(AMBIGUOUS, AMBIGUOUS)).outcome is Outcome.INCONCLUSIVE
        assert judge(refusal(AMBIGUOUS, AMBIGUOUS, AMBIGUOUS)).outcome is Outcome.PASS
        mixed = refusal(cause("RP", 21, ""), AMBIGUOUS, AMBIGUOUS)
        assert judge(mixed).outcome is Outcome.INCONCLUSIVE

    @pytest.mark.parametrize("why", [TRANSIENT, BUSY], ids=["transient", "busy"])
    def test_transient_and_far_end_causes_never_prove_a_refusal(self, why):
        assert judge(refusal(why, why, why, silent_drop=True)).outcome is Outcome.INCONCLUSIVE

    def test_what_only_the_module_accepted_is_no_arrival(self):
        case = refusal(silent_drop=True)
        accepted = Observation("try0", Witness.MODULE, "meter", Went.YES, 0)
        assert judge(replace(case, observations=(*case.observations, accepted))).outcome is Outcome.PASS

    def test_a_call_that_ends_without_a_network_cause_is_no_silent_drop(self):
        """LTE without IMS: the module may answer NO CARRIER before it asks anybody."""
        unexplained = cause_of_call("NO CARRIER", None, "")
        assert judge(refusal(unexplained, silent_drop=True)).outcome is Outcome.INCONCLUSIVE
        assert judge(refusal(unexplained, POLICY, silent_drop=True)).outcome is Outcome.PASS
        assert judge(refusal(cause("CME", 100, "unknown"), silent_drop=True)).outcome is Outcome.PASS

    def test_a_refused_call_and_another_ring_meanwhile_is_inconclusive(self):
        case = refusal(POLICY)
        stray = replace(case, observations=(*case.observations, arrived("try0", identity_right=False)))
        assert judge(stray).outcome is Outcome.INCONCLUSIVE
        accepted = refusal(silent_drop=True)
        forged = replace(accepted, observations=(*accepted.observations, arrived("try0", identity_right=False)))
        assert judge(forged).outcome is Outcome.FAIL

    def test_a_control_that_showed_somebody_else_does_not_count(self):
        case = refusal(POLICY)
        shown = tuple(
            replace(o, identity_right=False) if o.attempt == "tc-after" else o for o in case.observations
        )
        assert judge(replace(case, observations=shown)).outcome is Outcome.INCONCLUSIVE

    @pytest.mark.parametrize("unknown", [{"plmn": ""}, {"rat": ""}], ids=str)
    def test_an_unknown_network_is_the_same_as_none(self, unknown):
        case = refusal(POLICY)
        nowhere = tuple(replace(a, **unknown) for a in case.attempts)
        assert judge(replace(case, attempts=nowhere)).outcome is Outcome.INCONCLUSIVE

    def test_a_control_reading_that_does_not_hold_makes_any_check_inconclusive(self):
        control = Reading("c", "number on the card", None, False, control=True, note="another number")
        assert judge(replace(refusal(POLICY), readings=(control,))).outcome is Outcome.INCONCLUSIVE

    def test_a_fault_outweighs_that_the_check_does_not_apply(self):
        case = refusal(POLICY)
        lost = Reading("c", "meter", None, None, fault="unplugged")
        check = replace(case.check, not_applicable="no voice")
        assert judge(CaseFile(check, readings=(lost,))).outcome is Outcome.ERROR

    def test_one_open_format_among_closed_ones_fails(self):
        case = refusal(POLICY)
        more = attempt("plus", at=20, number_format="+86")
        opened = replace(case, attempts=(*case.attempts, more), observations=(*case.observations, arrived("plus")))
        verdict = judge(opened)
        assert verdict.outcome is Outcome.FAIL
        assert "+86" in verdict.reasons[0]

    def test_no_attempt_is_an_error(self):
        assert judge(CaseFile(refusal().check)).outcome is Outcome.ERROR


class TestForwarded:
    """A call to the module that could come out at a phone outside the list by call forwarding."""

    REFUSED = cause_of_forwarding("CME", 3, "operation not allowed", answered=True)
    ACCEPTED = Reading("c", "call forwarding to visitor", None, holds=False, confident=False, note="accepted")

    def case(self, *why, readings=()) -> CaseFile:
        towards = {
            Role.SUBJECT: {"initiator": "hotline", "number_format": FORWARDED},
            Role.SUBJECT_CONTROL: {"initiator": "hotline", "receiver": "meter", "target": "meter"},
            Role.TARGET_CONTROL: {"initiator": "hotline"},
        }
        case = refusal(*why, silent_drop=True)
        turned = tuple(replace(a, direction=Direction.MT, **towards[a.role]) for a in case.attempts)
        return replace(case, attempts=turned, readings=readings)

    def test_a_refused_registration_passes(self):
        assert judge(self.case(self.REFUSED)).outcome is Outcome.PASS

    def test_one_that_was_accepted_and_leads_nowhere_passes_with_a_warning(self):
        verdict = judge(self.case(readings=(self.ACCEPTED,)))
        assert verdict.outcome is Outcome.PASS
        assert verdict.warnings == ("call forwarding to visitor: accepted",)

    @pytest.mark.parametrize("why", [(), (REFUSED,)], ids=["accepted", "refused"])
    def test_a_forwarded_call_that_arrives_fails(self, why):
        case = self.case(*why)
        verdict = judge(replace(case, observations=(*case.observations, arrived("try0"))))
        assert verdict.outcome is Outcome.FAIL
        assert verdict.reasons == (
            "MT voice hotline to visitor over cs by forwarding arrived at visitor in the window",
        )

    @pytest.mark.parametrize(
        ("family", "code", "answered"),
        [("CME", 30, True), ("CME", 31, True), ("CME", 3, False), ("ERROR", None, True)],
    )
    def test_a_network_that_was_not_asked_has_refused_nothing(self, family, code, answered):
        unasked = cause_of_forwarding(family, code, "", answered=answered)
        assert judge(self.case(unasked, unasked, unasked)).outcome is Outcome.INCONCLUSIVE

    @given(st.sets(st.sampled_from([c.id for c in CONTROLS])), st.sampled_from(["visitor", "other"]))
    def test_it_passes_exactly_when_all_controls_reached_the_very_phone(self, kept, reached):
        case = self.case(self.REFUSED)
        for control in CONTROLS:
            if control.id not in kept:
                case = without(case, control.id)
        turned = tuple(replace(a, target=reached) if a.role is Role.TARGET_CONTROL else a for a in case.attempts)
        proven = len(kept) == len(CONTROLS) and reached == "visitor"
        outcome = judge(replace(case, attempts=turned)).outcome
        assert outcome is (Outcome.PASS if proven else Outcome.INCONCLUSIVE)


class TestAllowed:
    CHECK = Check("c", "ESIM-02-V2", "meter", Expectation.ALLOWED)

    def case(self, *observations, tries=1, controls=()):
        attempts = tuple(attempt(f"try{n}", at=10 + n, repeat=n + 1) for n in range(tries))
        return CaseFile(self.CHECK, (*attempts, *controls), observations)

    def test_arrival_passes(self):
        assert judge(self.case(arrived("try0", identity_right=True))).outcome is Outcome.PASS

    def test_wrong_identity_is_no_arrival(self):
        assert judge(self.case(arrived("try0", identity_right=False))).outcome is Outcome.INCONCLUSIVE

    def test_late_arrival_is_no_pass(self):
        assert judge(self.case(arrived("try0", late=True))).outcome is Outcome.INCONCLUSIVE

    def test_silence_is_inconclusive(self):
        assert judge(self.case(silent("try0"))).outcome is Outcome.INCONCLUSIVE

    def test_repeated_policy_cause_fails_when_a_reference_reached_the_far_end(self):
        seen = (refused("try0", POLICY), refused("try1", POLICY))
        control = attempt("tc", Role.TARGET_CONTROL, 30, initiator="hotline")
        assert judge(self.case(*seen, arrived("tc"), tries=2, controls=(control,))).outcome is Outcome.FAIL
        assert judge(self.case(*seen, tries=2, controls=(control,))).outcome is Outcome.INCONCLUSIVE
        assert judge(self.case(seen[0], arrived("tc"), controls=(control,))).outcome is Outcome.INCONCLUSIVE

    def test_transient_causes_never_fail(self):
        seen = (refused("try0", POLICY), refused("try1", TRANSIENT), arrived("tc"))
        control = attempt("tc", Role.TARGET_CONTROL, 30, initiator="hotline")
        assert judge(self.case(*seen, tries=2, controls=(control,))).outcome is Outcome.INCONCLUSIVE

    def test_arrival_at_a_second_try_passes_with_a_warning(self):
        verdict = judge(self.case(refused("try0", TRANSIENT), arrived("try1"), tries=2))
        assert verdict.outcome is Outcome.PASS
        assert verdict.warnings


class TestDroppedData:
    """A packet gateway drops without a cause: only what else the same module reached can show it."""

    CHECK = Check("c", "ESIM-02-D4", "meter", Expectation.ALLOWED)

    def case(self, *, tries=3, other_arrives=True, reference=True, why=None, session="s1"):
        data = {"service": Service.DATA, "bearer": "tcp", "receiver": "server"}
        attempts = [attempt(f"try{n}", at=10 + n, target="tcp", repeat=n + 1, **data) for n in range(tries)]
        other = attempt("other", at=20, target="udp", **{**data, "bearer": "udp", "session": session})
        control = attempt("tc", Role.TARGET_CONTROL, 30, initiator="hotline", target="tcp", **data)
        observations = [silent(a.id) for a in attempts]
        observations += [arrived("other")] if other_arrives else []
        observations += [arrived("tc")] if reference else []
        observations += [refused("try2", why)] if why else []
        return judge(CaseFile(self.CHECK, (*attempts, other, control), tuple(observations))).outcome

    def test_dropped_again_and_again_while_other_data_pass_fails(self):
        assert self.case() is Outcome.FAIL

    @pytest.mark.parametrize(
        "doubt",
        [
            {"tries": 2},
            {"other_arrives": False},
            {"reference": False},
            {"why": cause("ESM", 26, "")},
            {"session": "s2"},
        ],
        ids=str,
    )
    def test_any_doubt_is_inconclusive(self, doubt):
        assert self.case(**doubt) is Outcome.INCONCLUSIVE


class TestProperty:
    CHECK = Check("c", "ESIM-03-1", "meter", Expectation.PROPERTY)

    def outcome(self, *readings):
        return judge(CaseFile(self.CHECK, readings=readings)).outcome

    def test_rule_decides(self):
        assert self.outcome(Reading("c", "EF_MSISDN", "1440000000001", True)) is Outcome.PASS
        assert self.outcome(Reading("c", "EF_MSISDN", "13900000001", False)) is Outcome.FAIL

    def test_worst_reading_wins(self):
        good, bad = Reading("c", "CNUM", "1", True), Reading("c", "EF", "2", False)
        assert self.outcome(good, bad) is Outcome.FAIL

    def test_low_confidence_warns_and_never_fails(self):
        case = CaseFile(self.CHECK, readings=(Reading("c", "EF", "1", False, confident=False),))
        assert judge(case).outcome is Outcome.INCONCLUSIVE
        assert judge(case).warnings

    def test_read_and_empty_is_not_applicable_but_unread_is_not(self):
        assert self.outcome(Reading("c", "EF_MSISDN", None, None, absent=True)) is Outcome.NOT_APPLICABLE
        assert self.outcome(Reading("c", "EF_MSISDN", None, None)) is Outcome.INCONCLUSIVE
        assert self.outcome() is Outcome.INCONCLUSIVE

    def test_control_must_hold(self):
        good = Reading("c", "CLI", "1440000000001", True)
        assert (
            self.outcome(good, Reading("c", "CLI of reference", None, None, control=True)) is Outcome.INCONCLUSIVE
        )
        assert self.outcome(good, Reading("c", "CLI of reference", "1", True, control=True)) is Outcome.PASS


def test_declared_measurement_that_was_not_taken_is_no_pass():
    case = replace(refusal(POLICY), measurements=(Measurement("c", "call set-up", "s"),))
    assert judge(case).outcome is Outcome.INCONCLUSIVE
    taken = replace(case, measurements=(Measurement("c", "call set-up", "s", 4.0, upper=30.0),))
    assert judge(taken).outcome is Outcome.PASS
    beyond = replace(case, measurements=(Measurement("c", "call set-up", "s", 40.0, upper=30.0),))
    assert judge(beyond).outcome is Outcome.FAIL


def test_not_applicable_needs_its_reason_on_the_check():
    case = refusal(POLICY)
    check = replace(case.check, not_applicable="module has no voice stack")
    verdict = judge(CaseFile(check))
    assert (verdict.outcome, verdict.reasons) == (Outcome.NOT_APPLICABLE, ("module has no voice stack",))


# -- properties -------------------------------------------------------------------------------------------------

UNEXPLAINED = cause_of_call("NO CARRIER", None, "")
causes = st.sampled_from([None, POLICY, AMBIGUOUS, TRANSIENT, BUSY, UNEXPLAINED, cause("CME", 100, "unknown")])


@st.composite
def case_files(draw, faults=True) -> CaseFile:
    """Case files of any shape, good and bad mixed."""
    check = Check(
        "c",
        "ESIM-02-V1",
        "meter",
        draw(st.sampled_from([Expectation.REFUSED, Expectation.ALLOWED])),
        silent_drop=draw(st.booleans()),
    )
    attempts, observations = [], []
    for number in range(draw(st.integers(0, 9))):
        ident = f"a{number}"
        attempts.append(
            attempt(
                ident,
                draw(st.sampled_from(Role)),
                draw(st.integers(0, 20)),
                initiator=draw(st.sampled_from(["meter", "hotline"])),
                target=draw(st.sampled_from(["visitor", "hotline"])),
                session=draw(st.sampled_from(["s1", "s1", "s2"])),
                bearer=draw(st.sampled_from(["cs", "cs", "ims"])),
            )
        )
        for _ in range(draw(st.integers(0, 2))):
            observations.append(
                Observation(
                    ident,
                    draw(st.sampled_from(Witness)),
                    "w",
                    draw(st.sampled_from(Went)),
                    0,
                    listened_s=draw(st.sampled_from([0.0, 30.0])),
                    cause=draw(causes),
                    late=draw(st.booleans()),
                    identity_right=draw(st.sampled_from([None, True, False])),
                    fault=draw(st.sampled_from([None, None, None, "unplugged"])) if faults else None,
                )
            )
    return CaseFile(check, tuple(attempts), tuple(observations))


def got_through(case: CaseFile, role: Role) -> list[Attempt]:
    ids = {
        o.attempt
        for o in case.observations
        if o.went is Went.YES and o.witness is Witness.FAR_END and not o.late and not o.fault
    }
    return [a for a in case.attempts if a.role is role and a.id in ids]


@given(case_files())
def test_no_pass_of_a_refusal_without_both_controls_on_both_sides(case):
    if case.check.expectation is not Expectation.REFUSED or judge(case).outcome is not Outcome.PASS:
        return
    subjects = [a for a in case.attempts if a.role is Role.SUBJECT]
    assert subjects
    for subject in subjects:
        for role in (Role.SUBJECT_CONTROL, Role.TARGET_CONTROL):
            near = [
                c
                for c in got_through(case, role)
                if (c.session, c.bearer, c.plmn) == (subject.session, subject.bearer, subject.plmn)
                and (role is Role.SUBJECT_CONTROL or c.target == subject.target)
            ]
            assert min(c.start_ns for c in near) < subject.start_ns < max(c.start_ns for c in near)


@given(st.sets(st.sampled_from([c.id for c in CONTROLS])), causes, st.booleans())
def test_a_refusal_passes_exactly_when_all_controls_passed(kept, why, silent_drop):
    case = refusal(*([why] if why else []), silent_drop=silent_drop)
    for control in CONTROLS:
        if control.id not in kept:
            case = without(case, control.id)
    if len(kept) < len(CONTROLS):
        assert judge(case).outcome is Outcome.INCONCLUSIVE


@given(case_files())
def test_a_fault_of_the_bench_is_an_error_and_nothing_else(case):
    assert (judge(case).outcome is Outcome.ERROR) == (
        any(o.fault for o in case.observations) or not any(a.role is Role.SUBJECT for a in case.attempts)
    )


@given(case_files(faults=False))
def test_an_arrival_at_the_receiving_side_never_passes_as_refused(case):
    subjects = {a.id for a in case.attempts if a.role is Role.SUBJECT}
    arrivals = [
        o
        for o in case.observations
        if o.attempt in subjects and o.went is Went.YES and o.witness is Witness.FAR_END
    ]
    if case.check.expectation is not Expectation.REFUSED or not arrivals:
        return
    assert judge(case).outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE)
    if all(o.identity_right is not False for o in arrivals):
        assert judge(case).outcome is Outcome.FAIL


@given(case_files(), st.randoms(use_true_random=False))
def test_order_of_the_record_does_not_matter(case, random):
    attempts, observations = list(case.attempts), list(case.observations)
    random.shuffle(attempts)
    random.shuffle(observations)
    shuffled = replace(case, attempts=tuple(attempts), observations=tuple(observations))
    ties = len({a.start_ns for a in attempts}) < len(attempts) or any(
        sum(o.attempt == a.id for o in observations) > 1 for a in attempts
    )
    if not ties:
        assert judge(shuffled) == judge(case)


class TestCauses:
    """Class by class, as 24.008 Annex H, 24.011 Annex E, 24.301 Annex B and RFC 3261 name the codes."""

    @pytest.mark.parametrize(
        ("layer", "code", "cls"),
        [
            ("CC", 8, CauseClass.POLICY), ("CC", 29, CauseClass.POLICY), ("CC", 50, CauseClass.POLICY),
            ("CC", 57, CauseClass.POLICY), ("CC", 21, CauseClass.AMBIGUOUS), ("CC", 17, CauseClass.FAR_END),
            ("CC", 34, CauseClass.TRANSIENT), ("CM", 33, CauseClass.POLICY), ("RP", 50, CauseClass.POLICY),
            ("RP", 21, CauseClass.AMBIGUOUS), ("RP", 38, CauseClass.TRANSIENT), ("ESM", 33, CauseClass.POLICY),
            ("ESM", 26, CauseClass.TRANSIENT), ("SIP", 403, CauseClass.POLICY), ("SIP", 486, CauseClass.FAR_END),
            ("SIP", 480, CauseClass.AMBIGUOUS), ("EMM", 22, CauseClass.TRANSIENT),
            ("EMM", 6, CauseClass.POLICY), ("EMM", 11, CauseClass.OTHER), ("CC", 127, CauseClass.OTHER),
        ],
    )  # fmt: skip
    def test_classes(self, layer, code, cls):
        assert cause(layer, code, "").cls is cls

    def test_cms_1_to_127_is_the_rp_cause(self):
        assert cause_of_message("CMS", 50, "").layer == "RP"
        assert cause_of_message("CMS", 332, "").cls is CauseClass.TRANSIENT
        assert cause_of_message("CMS", 0xC4, "").cls is CauseClass.POLICY
        assert cause_of_message("CMS", 512, "").cls is CauseClass.OTHER

    @pytest.mark.parametrize(
        ("family", "code"),
        [("CMS", 300), ("CMS", 302), ("CMS", 330), ("CMS", 500), ("CME", 3), ("CME", 4), ("ERROR", None)],
    )
    def test_what_the_module_itself_would_not_do_is_no_refusal(self, family, code):
        why = cause_of_message(family, code, "")
        assert why.cls is CauseClass.LOCAL
        assert judge(refusal(why, why, why, silent_drop=True)).outcome is Outcome.INCONCLUSIVE

    def test_the_failing_step_of_a_vendor_s_dialogue_is_local(self):
        assert cause_of_context("+QIOPEN", 563, "").cls is CauseClass.LOCAL

    @pytest.mark.parametrize("code", [1, 3, 22, 27, 28])
    def test_a_number_that_cannot_be_reached_is_no_refusal(self, code):
        why = cause_of_call("NO CARRIER", code, "")
        assert judge(refusal(why, silent_drop=True)).outcome is Outcome.INCONCLUSIVE

    def test_cme_133_is_esm_33(self):
        assert cause_of_context("CME", 133, "") == cause("ESM", 33, "")
        assert cause_of_context("CME", 30, "").cls is CauseClass.LOCAL
        assert cause_of_context("CME", 148, "").cls is CauseClass.OTHER

    def test_busy_is_the_far_end_whatever_the_report_says(self):
        assert cause_of_call("BUSY", 50, "").cls is CauseClass.FAR_END
        assert cause_of_call("NO CARRIER", 50, "").cls is CauseClass.POLICY
        assert cause_of_call("NO CARRIER", None, "").cls is CauseClass.OTHER
