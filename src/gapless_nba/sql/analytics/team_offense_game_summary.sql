-- team_offense_game_summary (TOGS): two rows for each game of D on the schedule.
WITH scheduled_teams AS (
  SELECT
    game_date,
    game_id,
    home_team AS team,
    season,
    away_team AS opponent,
    date_away_home_id AS game_code,
    TRUE AS is_home,
    CAST(home_score AS INTEGER) - CAST(away_score AS INTEGER) AS margin
  FROM schedule
  UNION ALL
  SELECT
    game_date,
    game_id,
    away_team AS team,
    season,
    home_team AS opponent,
    date_away_home_id AS game_code,
    FALSE AS is_home,
    CAST(away_score AS INTEGER) - CAST(home_score AS INTEGER) AS margin
  FROM schedule
),

team_sums AS (
  SELECT
    game_date,
    game_id,
    team,
    CAST(sum(points) AS INTEGER) AS points,
    CAST(sum(fgm) AS INTEGER) AS fgm,
    CAST(sum(fga) AS INTEGER) AS fga,
    CAST(sum(fg3m) AS INTEGER) AS fg3m,
    CAST(sum(fg3a) AS INTEGER) AS fg3a,
    CAST(sum(ftm) AS INTEGER) AS ftm,
    CAST(sum(fta) AS INTEGER) AS fta,
    CAST(sum(oreb) AS INTEGER) AS oreb,
    CAST(sum(dreb) AS INTEGER) AS dreb,
    CAST(sum(reb) AS INTEGER) AS reb,
    CAST(sum(ast) AS INTEGER) AS ast,
    CAST(sum(stl) AS INTEGER) AS stl,
    CAST(sum(blk) AS INTEGER) AS blk,
    CAST(sum(tov) AS INTEGER) AS tov,
    CAST(sum(pf) AS INTEGER) AS pf,
    -- Whole numbers add up to the same double in any order, so a rerun gives the same bits.
    sum(round(minutes * 1e12)) / 1e12 AS team_minutes,
    CAST(sum(paint_fga) AS INTEGER) AS paint_fga,
    CAST(sum(paint_fgm) AS INTEGER) AS paint_fgm,
    CAST(sum(mid_range_fga) AS INTEGER) AS mid_range_fga,
    CAST(sum(mid_range_fgm) AS INTEGER) AS mid_range_fgm,
    CAST(sum(three_fga) AS INTEGER) AS three_fga,
    CAST(sum(three_fgm) AS INTEGER) AS three_fgm
  FROM player_game_summary
  GROUP BY game_date, game_id, team
),

with_possessions AS (
  SELECT
    *,
    fga + 0.44 * CAST(fta AS DOUBLE) + tov - oreb AS possessions
  FROM team_sums
)

SELECT
  g.game_date,
  g.game_id,
  g.team,
  g.season,
  g.opponent,
  g.game_code,
  g.is_home,
  s.points,
  s.fgm,
  s.fga,
  s.fg3m,
  s.fg3a,
  s.ftm,
  s.fta,
  s.oreb,
  s.dreb,
  s.reb,
  s.ast,
  s.stl,
  s.blk,
  s.tov,
  s.pf,
  s.possessions,
  s.team_minutes,
  48 * s.possessions / nullif(s.team_minutes / 5, 0) AS pace,
  100 * s.points / nullif(s.possessions, 0) AS offensive_rating,
  s.paint_fga,
  s.paint_fgm,
  s.mid_range_fga,
  s.mid_range_fgm,
  s.three_fga,
  s.three_fgm,
  g.margin > 0 AS won,
  g.margin,
  CAST(
    CASE WHEN s.team_minutes <= 240 THEN 0 ELSE round((s.team_minutes - 240) / 25) END AS INTEGER
  ) AS overtime_periods
FROM scheduled_teams AS g
JOIN with_possessions AS s
  ON s.game_date = g.game_date
  AND s.game_id = g.game_id
  AND s.team = g.team
