# SPDX-License-Identifier: GPL-3.0-or-later
Feature: The sheet goes along to the engineer
  A call is handed over with everything that was typed, or comes back, or becomes a promise with a clock.

  Scenario: Straight to a named engineer, who sees exactly what the agent typed
    Given 林晓雯 is ready
    And 高建平 is ready
    When a customer calls from 13800138000 and hangs up after 5 seconds of talk
    And 林晓雯 answers
    And 林晓雯 types "服务器反复重启" as symptom
    And 林晓雯 transfers to 高建平
    Then 高建平 is shown the sheet of 林晓雯 while it rings
    When 高建平 answers
    Then 林晓雯 is wrap up
    And the log has a line transferred
    And the sheet is the responsibility of 高建平
    And 高建平 is wrap up
    And the customer saw what he expected
    When 林晓雯 finishes the wrap-up
    And 高建平 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: Consult first, then complete
    Given 林晓雯 is ready
    And 高建平 is ready
    When a customer calls from 13800138000 and hangs up after 6 seconds of talk
    And 林晓雯 answers
    And 林晓雯 types "阵列降级" as symptom
    And 林晓雯 consults 高建平
    Then 高建平 has the text "阵列降级" as symptom
    When 林晓雯 completes the transfer
    Then 高建平 talks with the customer
    And 高建平 is shown the sheet of 林晓雯
    And 林晓雯 is wrap up
    And 高建平 is wrap up
    When 林晓雯 finishes the wrap-up
    And 高建平 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: Consult and back to the customer
    Given 林晓雯 is ready
    And 高建平 is ready
    When a customer calls from 13800138000 and hangs up after 5 seconds of talk
    And 林晓雯 answers
    And 林晓雯 consults 高建平
    And 林晓雯 goes back to the customer
    Then 林晓雯 talks with the customer
    And 高建平 is ready
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: To whoever has the skill
    Given 林晓雯 is ready
    And 高建平 is ready
    When a customer calls from 13800138000 and hangs up after 5 seconds of talk
    And 林晓雯 answers
    And 林晓雯 transfers by the skill of the product
    Then 高建平 is shown the sheet of 林晓雯 while it rings
    When 高建平 answers
    Then 林晓雯 is wrap up
    And 高建平 is wrap up
    When 林晓雯 finishes the wrap-up
    And 高建平 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: The engineer does not answer, and the customer is the agent's again
    Given 林晓雯 is ready
    And 高建平 is ready
    When a customer calls from 13800138000 and hangs up after 7 seconds of talk
    And 林晓雯 answers
    And 林晓雯 transfers to 高建平
    Then 高建平's desk rings
    And 高建平 is not responding
    And 林晓雯 talks with the customer
    And the hand-over is aborted
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: The customer hangs up during a consult
    Given 林晓雯 is ready
    And 高建平 is ready
    When a customer calls from 13800138000 and hangs up after 3 seconds of talk
    And 林晓雯 answers
    And 林晓雯 consults 高建平
    Then 林晓雯 is wrap up
    And 高建平 is ready
    And the hand-over is aborted
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: A customer whose sheet nobody could take is called back within the clocks
    Given 林晓雯 is ready
    And 高建平 has signed in but is not ready
    And 苏婉清 has signed in but is not ready
    When a customer calls from 13800138000 and hangs up after 4 seconds of talk
    And 林晓雯 answers
    And 林晓雯 transfers by the skill of the product
    Then 林晓雯 is told link.nobody_free
    When 林晓雯 fills the sheet
    And 林晓雯 promises a call back
    Then there is a task that must be claimed within 15 minutes
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    And 高建平 claims the task
    And 苏婉清 claims the task, too
    Then 苏婉清 is told refusal.task_claimed, naming 高建平
    When 高建平 calls back and the line is busy
    Then the task stays with its attempt and the next one due
    When 高建平 calls back and the customer answers
    Then 高建平 talks with the customer
    When the customer hangs up
    Then 高建平 is wrap up
    When 高建平 finishes the wrap-up
    And 高建平 closes the task
    Then the task is done
    And every promise is kept in the event log
