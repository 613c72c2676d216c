# SPDX-License-Identifier: GPL-3.0-or-later
Feature: Nothing typed is lost
  The task sheet is filled while the customer talks, and every text is kept, whatever happens around it.

  Scenario: What is typed is in the database after a pause, with the name of who wrote it
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and hangs up after 2 seconds of talk
    And 林晓雯 answers
    And 林晓雯 types "服务器开不了机" as symptom
    Then the database has "服务器开不了机" as symptom by 林晓雯
    And 林晓雯 sees that it is saved
    And the sheet is greeted with company and number of 林晓雯
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: The ticket is refused with what is missing, and then opened with its number
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and hangs up after 3 seconds of talk
    And 林晓雯 answers
    And 林晓雯 opens the ticket
    Then 林晓雯 is told refusal.sheet_missing
    When 林晓雯 fills the sheet
    And 林晓雯 opens the ticket
    Then 林晓雯 is told form.ticket_opened
    And the ticket has the number that 林晓雯 was told
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: A caller nobody knows becomes a customer
    Given 林晓雯 is ready
    When a customer calls from 18612340001 and hangs up after 3 seconds of talk
    And 林晓雯 answers
    And 林晓雯 makes 何家明 of 远山测绘 a new customer
    Then 林晓雯 sees the card of 何家明
    And the sheet belongs to 何家明
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    And a customer calls from 18612340001 and hangs up after 1 seconds of talk
    Then 林晓雯's desk rings
    And 林晓雯 sees the card of 何家明
    When 林晓雯 answers
    Then 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: Two texts typed at once are both kept until somebody chooses
    Given 林晓雯 is ready
    And 高建平 is ready
    When a customer calls from 13800138000 and hangs up after 6 seconds of talk
    And 林晓雯 answers
    And 林晓雯 consults 高建平
    And 高建平 has the sheet
    And 林晓雯 writes "硬盘报警" and 高建平 writes "阵列卡故障" as symptom at once
    Then both see "硬盘报警" and "阵列卡故障" side by side as symptom
    When 高建平 chooses "阵列卡故障" as symptom
    Then 林晓雯 and 高建平 both see only "阵列卡故障" as symptom
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: An agent without network types on, and transfers when it is back
    Given 林晓雯 is ready behind a cable
    And 高建平 is ready
    When a customer calls from 13800138000 and hangs up after 9 seconds of talk
    And 林晓雯 answers
    And 林晓雯's cable is pulled out
    And 林晓雯 types "断网时写的症状" as symptom
    Then 林晓雯 sees that it is kept on this machine
    When 林晓雯's cable is back
    Then the database has "断网时写的症状" as symptom by 林晓雯
    When 林晓雯 transfers to 高建平
    And 高建平 answers
    Then 高建平 is shown the sheet of 林晓雯
    And 高建平 is wrap up
    When 林晓雯 finishes the wrap-up
    And 高建平 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: An agent without network and an engineer write the same field: both texts survive
    Given 林晓雯 is ready behind a cable
    And 高建平 is ready
    When a customer calls from 13800138000 and hangs up after 8 seconds of talk
    And 林晓雯 answers
    And 林晓雯 consults 高建平
    And 高建平 has the sheet
    And 林晓雯's cable is pulled out
    And 林晓雯 types "离线的文字" as symptom
    And 高建平 types "工程师的文字" as symptom
    Then the database has "工程师的文字" as symptom by 高建平
    When 林晓雯's cable is back
    Then both see "离线的文字" and "工程师的文字" side by side as symptom
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log

  Scenario: The database stops while the form is filled
    Given 林晓雯 is ready
    When a customer calls from 13800138000 and hangs up after 7 seconds of talk
    And 林晓雯 answers
    And 林晓雯 has the sheet
    And the database is stopped
    And 林晓雯 types "数据库停了也要写" as symptom
    Then 林晓雯 sees that it is kept on this machine
    And 林晓雯 sees that the database is away
    And 林晓雯 talks with the customer
    When the database is started
    Then the database has "数据库停了也要写" as symptom by 林晓雯
    And 林晓雯 sees that the database is back
    And 林晓雯 is wrap up
    When 林晓雯 finishes the wrap-up
    Then every promise is kept in the event log
