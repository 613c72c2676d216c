# SPDX-License-Identifier: GPL-3.0-or-later
Feature: A call is answered within three rings
  A customer calls, a free agent's desk rings, and his card is on the screen before the first word.

  Scenario: A known customer is answered and his card is there before the first word
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and hangs up after 2 seconds of talk
    Then 林晓雯's desk rings
    And 林晓雯 sees the card of 陈志远 while it rings
    When 林晓雯 answers
    Then 林晓雯 is wrap up
    And the customer saw what he expected
    When 林晓雯 finishes the wrap-up
    Then 林晓雯 is ready
    And the call was recorded
    And every promise is kept in the event log

  Scenario: Three rings unanswered, and the call goes on to the next agent
    Given 林晓雯 is ready
    And 周敏 is ready
    When a customer calls from 13800138000 and hangs up after 1 seconds of talk
    Then 林晓雯's desk rings
    And 林晓雯 is not responding
    And 周敏's desk rings
    When 周敏 answers
    Then 周敏 is wrap up
    When 周敏 finishes the wrap-up
    Then the ring lasted three rings for 林晓雯
    And 林晓雯 is told shell.offer_missed
    And every promise is kept in the event log

  Scenario: The last reachable agent is asked again, never shut out
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and hangs up after 1 seconds of talk
    Then 林晓雯's desk rings
    And a supervisor is alarmed that last_agent_missed
    And whoever waits is answered with the announcement waiting
    And the customer saw what he expected
    And the call ended as abandoned

  Scenario: The agent rejects, and the next one is rung
    Given 林晓雯 is ready
    And 周敏 is ready
    When a customer calls from 13800138000 and hangs up after 1 seconds of talk
    Then 林晓雯's desk rings
    When 林晓雯 rejects
    Then 周敏's desk rings
    When 周敏 answers
    Then 林晓雯 is not ready
    And 周敏 is wrap up
    When 周敏 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: Two calls at once for one agent: the second one waits with announcement and music
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and hangs up after 2 seconds of talk
    And 林晓雯 answers
    And another customer calls from 13900002741 and hangs up after 4 seconds of talk
    Then whoever waits is answered with the announcement waiting
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    And 林晓雯 answers
    Then 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: Nobody is signed in
    When a customer calls from 13800138000 and hangs up after 1 seconds of talk
    Then whoever waits is answered with the announcement nobody
    And a supervisor is alarmed that nobody_reachable
    And the customer stands in the recall list
    And the customer saw what he expected

  Scenario: The caller hangs up while the agent's phone rings
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and gives up after 1 seconds of ringing
    Then 林晓雯's desk rings
    And the customer saw what he expected
    And 林晓雯 is ready
    And 林晓雯 is told shell.offer_caller_gone
    And the call ended as abandoned
    And every promise is kept in the event log

  Scenario: A withheld number is nobody's
    Given 林晓雯 is ready
    When a customer calls from anonymous and hangs up after 1 seconds of talk
    Then 林晓雯's desk rings
    And 林晓雯 sees a withheld number and nobody's card
    When 林晓雯 answers
    Then 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: A forged identity is not believed
    Given 林晓雯 is ready
    When a stranger calls from 19900001111 and says that he is 13800138000
    Then 林晓雯's desk rings
    And 林晓雯 sees an unknown number
    When 林晓雯 answers
    Then 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: A codec nobody speaks
    When a customer calls with a codec nobody speaks
    Then the customer saw what he expected
    And the call ended as refused

  Scenario: The agent hangs up only after the customer has
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and waits for us to hang up
    And 林晓雯 answers
    And 林晓雯 presses hang-up once
    Then 林晓雯 talks with the customer
    When 林晓雯 presses hang-up twice with a second between
    Then the customer saw what he expected
    And 林晓雯 is asked for a reason
    And the log says that staff hung up

  Scenario: Hold and back
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and hangs up after 4 seconds of talk
    And 林晓雯 answers
    And 林晓雯 puts the customer on hold
    Then the log has a line held
    When 林晓雯 takes the customer back
    Then the log has a line resumed
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log
