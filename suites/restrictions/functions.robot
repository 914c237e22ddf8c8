*** Settings ***
Documentation    Function minimisation: what the contract does not contain is off
...              (MIIT letters 224 and 225, clause 6).

Resource         ../resources/bench.resource

Test Setup       Expect Refusal
Test Teardown    Conclude Check

Test Tags        functions    ESIM-06-1-a


*** Test Cases ***
Calls Are Off Where The Contract Has None
    [Documentation]    Not even a phone on other lists can be called.
    Function Is Off    voice-mo
    Call    any phone

Incoming Calls Are Off Where The Contract Has None
    [Documentation]    Nobody can call the module.
    Function Is Off    voice-mt
    Receive Call    any phone

Messages Are Off Where The Contract Has None
    [Documentation]    The module cannot write to anybody.
    Function Is Off    sms-mo
    Send Message    any phone

Incoming Messages Are Off Where The Contract Has None
    [Documentation]    Nobody can write to the module.
    Function Is Off    sms-mt
    Receive Message    any phone
