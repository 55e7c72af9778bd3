-- A game has two names: game_id, the league's ten characters, and date_away_home_id, YYYYMMDD_AWAY_HOME, which
-- says its date and teams. Neither may stand in the other's place, and both must speak of the same game.
SELECT
  game_date,
  coalesce(game_id, date_away_home_id, 'a game without an id') AS entity,
  coalesce(
    regexp_full_match(game_id, '[0-9]{10}')
    AND date_away_home_id
    = strftime(game_date, '%Y%m%d') || '_' || away_team || '_' || home_team,
    FALSE
  ) AS ok,
  'game_id ' || coalesce(game_id, 'NULL') || ' and date_away_home_id '
  || coalesce(date_away_home_id, 'NULL') || ' of ' || coalesce(away_team, 'NULL') || ' at '
  || coalesce(home_team, 'NULL') AS detail
FROM schedule
