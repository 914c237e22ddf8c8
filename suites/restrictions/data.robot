*** Settings ***
Documentation    Directed data: the contract's APN and destinations, and no others
...              (MIIT letters 224 and 225, clause 2).

Resource         ../resources/bench.resource

Test Setup       Expect Refusal
Test Teardown    Conclude Check

Test Tags        data


*** Test Cases ***
Own APN Gives A Context
    [Documentation]    Every APN of the contract activates.
    [Tags]    ESIM-02-D1
    [Setup]    Expect Service
    Function Is On    data
    Activate Own Context

Foreign APN Gives No Context
    [Documentation]    No APN of other subscriptions activates, in either spelling.
    [Tags]    ESIM-02-D2
    [Template]    Activate Foreign Contexts
    plain
    upper

Unlisted Destination Gets Nothing
    [Documentation]    No payload reaches a server that is not on the list.
    [Tags]    ESIM-02-D3
    [Template]    Send Data To Unlisted Destinations
    tcp
    udp

Listed Destination Gets The Payload
    [Documentation]    Every listed server gets what the module sends.
    [Tags]    ESIM-02-D4
    [Setup]    Expect Service
    Function Is On    data
    Send Data To Listed Destinations
