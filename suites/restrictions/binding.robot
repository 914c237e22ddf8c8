*** Settings ***
Documentation    Device binding: the card works in its own device and in no other
...              (MIIT letters 224 and 225, clause 6).

Resource         ../resources/bench.resource

Test Setup       Expect Refusal
Test Teardown    Conclude Check

Test Tags        binding


*** Test Cases ***
Card In Another Device Gets No Service
    [Documentation]    The network takes neither registration nor context from a device outside the binding.
    [Tags]    ESIM-06-1-b
    Use Card In Foreign Device
