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

Calls Cannot Be Forwarded To An Unlisted Phone
    [Documentation]    A caller whom the module forwards to a number on no list does not get there.
    [Tags]    ESIM-02-V5
    Forward Calls    unlisted phone

Unlisted Phone Cannot Be Called Over The Circuit Switched Network
    [Documentation]    The list holds where the call leaves LTE, or was never there.
    [Tags]    ESIM-02-V6
    Call    unlisted phone    bearer=CS

Unlisted Phone Cannot Be Called Over IMS
    [Documentation]    The list holds for voice over LTE and NR.
    [Tags]    ESIM-02-V6
    Call    unlisted phone    bearer=IMS

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

Phone Abroad Cannot Be Called
    [Documentation]    A call to another country never rings there, unless the contract lists the number.
    [Tags]    ESIM-02-V8
    [Template]    Call
    phone abroad    plain
    phone abroad    00n


*** Keywords ***
Call Listed Phone Dialled As
    [Documentation]    Call the listed phone where the contract has calls.
    [Arguments]    ${number_format: str}
    Function Is On    voice-mo
    Call    listed phone    ${number_format}
