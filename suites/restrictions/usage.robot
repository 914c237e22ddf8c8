*** Settings ***
Documentation    Caps: data end where the contract says (MIIT letters 224 and 225, clause 6).
...              What comes after this suite finds cards without data.

Resource         ../resources/bench.resource

Test Setup       Expect Property
Test Teardown    Conclude Check

Test Tags        usage


*** Test Cases ***
Data Stop At The Cap
    [Documentation]    Nothing passes once the cap is used up.
    [Tags]    ESIM-06-1-d
    Send Data Up To The Cap
