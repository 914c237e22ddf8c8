*** Settings ***
Documentation    Directed voice: calls only from and to the numbers on the list (MIIT letters 224 and 225, clause 2).

Resource         ../resources/bench.resource

Test Setup       Expect Refusal
Test Teardown    Conclude Check

Test Tags        voice


*** Test Cases ***
Unlisted Phone Cannot Be Called
    [Documentation]    A call to a number on no list never rings there.
    [Tags]    ESIM-02-V1
    Call    unlisted phone

Listed Phone Can Be Called
    [Documentation]    The directed service itself: a listed number rings and is shown the right caller.
    [Tags]    ESIM-02-V2
    [Setup]    Expect Service
    Function Is On    voice-mo
    Warn Without Purpose
    Call    listed phone

Unlisted Phone Cannot Call
    [Documentation]    A call from a number on no list never rings at the module.
    [Tags]    ESIM-02-V3
    Receive Call    unlisted phone

Listed Phone Can Call
    [Documentation]    A listed number can call the module.
    [Tags]    ESIM-02-V4
    [Setup]    Expect Service
    Function Is On    voice-mt
    Receive Call    listed phone

No Number Format Gets Around The List
    [Documentation]    The unlisted number stays unreachable however it is dialled.
    [Tags]    ESIM-02-V7
    [Template]    Call
    unlisted phone    plain
    unlisted phone    0n
    unlisted phone    +86n
    unlisted phone    0086n
    unlisted phone    17951n
    unlisted phone    *31#n
    unlisted phone    \#31#n

Listed Phone Is Reached In Every Lawful Format
    [Documentation]    The listed number is reached in national and international form, its caller shown or not.
    [Tags]    ESIM-02-V7
    [Setup]    Expect Service
    [Template]    Call Listed Phone Dialled As
    plain
    +86n
    0086n
    \#31#n


*** Keywords ***
Call Listed Phone Dialled As
    [Documentation]    Call the listed phone where the contract has calls.
    [Arguments]    ${number_format: str}
    Function Is On    voice-mo
    Call    listed phone    ${number_format}
