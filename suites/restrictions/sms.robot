*** Settings ***
Documentation    Directed SMS: messages only from and to the numbers on the list
...              (MIIT letters 224 and 225, clause 2).

Resource         ../resources/bench.resource

Test Setup       Expect Refusal
Test Teardown    Conclude Check

Test Tags        sms


*** Test Cases ***
Unlisted Phone Cannot Be Written To
    [Documentation]    A message to an ordinary phone is never delivered, whatever the network answered.
    [Tags]    ESIM-02-S1
    Send Message    unlisted phone

Listed Account Can Be Written To
    [Documentation]    The directed service itself: the listed account gets the message with the 13-digit number.
    [Tags]    ESIM-02-S2
    [Setup]    Expect Service
    Function Is On    sms-mo
    Warn Without Purpose
    Send Message    listed account

Unlisted Phone Cannot Write
    [Documentation]    A person's message never reaches the module.
    [Tags]    ESIM-02-S3
    Receive Message    unlisted phone

Unlisted Account Cannot Write
    [Documentation]    A service provider that is not bound to the card does not reach the module.
    [Tags]    ESIM-02-S4
    Receive Message    unlisted account

No Bearer Gets Around The List
    [Documentation]    The unlisted phone stays unreachable on each bearer that the module can choose.
    [Tags]    ESIM-02-S5
    Send Message On Every Bearer    unlisted phone

No Form Of Message Gets Out Around The List
    [Documentation]    The unlisted phone gets no long, binary, port-addressed, flash, card or report-only message.
    [Tags]    ESIM-02-S6
    [Template]    Send Message
    unlisted phone    long
    unlisted phone    binary
    unlisted phone    port
    unlisted phone    class 0
    unlisted phone    class 2
    unlisted phone    type 0

No Form Of Message Gets In Around The List
    [Documentation]    Nor does the module get one from the unlisted phone.
    [Tags]    ESIM-02-S6
    [Template]    Receive Message
    unlisted phone    long
    unlisted phone    binary
    unlisted phone    port
    unlisted phone    class 0
    unlisted phone    class 2
    unlisted phone    type 0
