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
    Send Message    listed account

Unlisted Phone Cannot Write
    [Documentation]    A person's message never reaches the module.
    [Tags]    ESIM-02-S3
    Receive Message    unlisted phone
