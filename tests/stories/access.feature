# SPDX-License-Identifier: GPL-3.0-or-later
Feature: Everybody may do what is his to do
  Who signs in, who is cut off, what may be dialled, and what a supervisor may do that an agent may not.

  Scenario: A wrong password
    When 林晓雯 signs in with a wrong password
    Then he is told store.wrong_password

  Scenario: Nobody of that number
    When 7777 signs in
    Then he is told store.wrong_password

  Scenario: A person who is disabled while signed in is told so and signed out
    Given 郭晨 is ready
    When the administrator disables 郭晨
    Then 郭晨 is told link.rejected_disabled
    And 郭晨 is signed out
    When 郭晨 signs in again
    Then he is told store.person_disabled

  Scenario: The newest desk of a person takes over
    Given 林晓雯 is ready
    When 林晓雯 sits down at a second desk
    Then 林晓雯's first desk is told link.rejected_replaced
    When 林晓雯 is ready at the second desk
    And a customer calls from 13800138000 and hangs up after 1 seconds of talk
    And 林晓雯 answers
    Then 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario Outline: What may not be dialled is refused in words
    Given 林晓雯 is ready
    When 林晓雯 dials <number>
    Then 林晓雯 is told <words>
    And nothing was dialled
    And 林晓雯 is ready

    Examples:
      | number        | words                         |
      | 110           | numbers.refused_emergency     |
      | 16812345      | numbers.refused_premium       |
      | 0012025550123 | numbers.refused_international |
      | 138001380001  | numbers.no_such_range         |
      | 13800         | numbers.refused_internal      |

  Scenario: Dialled, answered, talked
    Given 林晓雯 is ready
    When 林晓雯 dials 13800138000
    Then 林晓雯 talks with the customer
    When 林晓雯 dials 13900002741
    Then 林晓雯 is told link.not_now
    When the customer hangs up
    Then 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: A supervisor sees the floor and sets an agent not ready, an agent may not
    Given 林晓雯 is ready
    And 周敏 is ready
    And 周立群 has signed in but is not ready
    When 周立群 watches the board
    Then the board shows 林晓雯 as ready
    When 周立群 sets 周敏 not ready
    Then 周敏 is not ready
    When 林晓雯 sets 周敏 ready
    Then 林晓雯 is told link.not_your_right
    And 周敏 is not ready
    When a customer calls from 13800138000 and hangs up after 2 seconds of talk
    And 林晓雯 answers
    And another customer calls from 13900002741 and hangs up after 2 seconds of talk
    Then the board shows one waiting customer
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: A desk that comes back to a session which was ended asks for the password
    Given 林晓雯 has signed in but is not ready
    When 林晓雯's desk is gone and its session is ended
    And 林晓雯 comes back
    Then he is told link.rejected_bad_token
    And nothing of the failed sign-in is left but the handset of 林晓雯
    When 林晓雯 types the password
    Then 林晓雯 is ready after all
