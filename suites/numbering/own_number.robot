*** Settings ***
Documentation    The subscription's number: 13 digits in an IoT range (clause 3), in no reseller's range (clause 4).

Resource         ../resources/bench.resource

Test Setup       Expect Property
Test Teardown    Conclude Check

Test Tags        numbering


*** Test Cases ***
Card Holds A Thirteen Digit Number
    [Documentation]    EF_MSISDN and +CNUM, where they are filled.
    [Tags]    ESIM-03-1
    Number On Card Is    thirteen digit iot

Network Asserts A Thirteen Digit Number In Calls
    [Documentation]    What the called phone is shown.
    [Tags]    ESIM-03-2
    Function Is On    voice-mo
    Number Shown In Call Is    thirteen digit iot

Network Asserts A Thirteen Digit Number In Messages
    [Documentation]    What the account is shown.
    [Tags]    ESIM-03-2
    Function Is On    sms-mo
    Number Shown In Message Is    thirteen digit iot

Number And Card Are Of One Operator
    [Documentation]    The holders of number range, IMSI and ICCID; another than the contract's is a warning.
    [Tags]    ESIM-03-3
    Identities Agree

Card Holds No Number Of A Reseller
    [Documentation]    EF_MSISDN and +CNUM against the resale ranges.
    [Tags]    ESIM-04-1
    Number On Card Is    no reseller

Network Asserts No Number Of A Reseller
    [Documentation]    What the account is shown, against the resale ranges.
    [Tags]    ESIM-04-1
    Function Is On    sms-mo
    Number Shown In Message Is    no reseller
