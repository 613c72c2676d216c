# SPDX-License-Identifier: GPL-3.0-or-later
Feature: Whatever dies, the customer goes on talking or is answered again
  Programs are killed in the middle of a call; nothing typed and no outcome is lost.

  Scenario: The switchboard is killed while a customer talks
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and hangs up after 7 seconds of talk
    And 林晓雯 answers
    And 林晓雯 types "风扇全速" as symptom
    And the switchboard is killed
    Then 林晓雯 knows that the link is down
    When the switchboard is started again
    Then the log has a line adopted
    And 林晓雯 talks with the customer
    And 林晓雯 reads "风扇全速" as symptom
    And the customer saw what he expected
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every call has exactly one outcome
    And every promise is kept in the event log

  Scenario: The handset is killed while a customer talks
    Given 林晓雯 is ready
    And 周敏 is ready
    When a customer calls from 13800138000 and hangs up after 7 seconds of talk
    And 林晓雯 answers
    And 林晓雯 types "断续重启" as symptom
    And 林晓雯's handset is killed
    Then the customer is back at 林晓雯 within 5 seconds
    And 林晓雯 reads "断续重启" as symptom
    And the customer saw what he expected
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every call has exactly one outcome
    And every promise is kept in the event log

  Scenario: The desk is killed while a customer talks, and comes back without a password
    Given 林晓雯's desk runs in a process of its own
    When a customer calls from 13800138000 and hangs up after 14 seconds of talk
    Then the log has a line connected
    And something is typed in the sheet
    When 林晓雯's desk is killed
    And 林晓雯's desk is started again without a password
    Then 林晓雯's desk shows the customer again
    And the customer saw what he expected
    And the wrap-up of 林晓雯 ends
    And every call has exactly one outcome
    And every promise is kept in the event log

  Scenario: A desk whose clock is an hour wrong moves no deadline
    Given 林晓雯's desk runs with a clock that is an hour fast
    When a customer calls from 13800138000 and hangs up after 2 seconds of talk
    Then the log has a line card_painted
    And the painting is told in site time
    And the customer saw what he expected
    And the wrap-up of 林晓雯 ends
    And every promise is kept in the event log

  Scenario: Twenty calls while the database is away, and then the switchboard is killed
    Given 林晓雯 is ready
    And 周敏 is ready
    And the database is stopped
    When 20 customers call within 3 seconds, and the agents answer whom they can
    And the switchboard is killed
    And the database is started
    And the switchboard is started again
    Then all customers have hung up
    And every call has exactly one outcome
    And 20 contacts of the database have the outcome of the log
    And every promise is kept in the event log
