-- The expected set of TOGS and TDGS: two rows for each game of D on the schedule.
SELECT game_date, game_id, home_team AS team
FROM schedule
UNION ALL
SELECT game_date, game_id, away_team AS team
FROM schedule
