*** Settings ***
Documentation    Open to every operator: no lock in the module, and service on a second network
...              (MIIT letters 224 and 225, clause 7).

Resource         ../resources/bench.resource

Test Setup       Expect Property
Test Teardown    Conclude Check

Test Tags        openness


*** Test Cases ***
Module Has No Operator Lock
    [Documentation]    No personalisation of the module is active.
    [Tags]    ESIM-07-1
    Module Is Not Locked

Module Serves A Second Network
    [Documentation]    The module registers on another operator's network at the same place.
    [Tags]    ESIM-07-5
    Module Registers On Second Network
